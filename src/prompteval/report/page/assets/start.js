/** The page of a file: everything is in the document. */
new Page(readPage(), new Rows()).start();
