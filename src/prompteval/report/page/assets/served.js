/** The page that is served: which data its address names, asked for with the token. */
async function serve() {
  takeToken();
  const path = location.pathname;
  const label = /^\/runs\/([\w-]+)\/label$/.exec(path);
  try {
    if (label) {
      const api = `/api/runs/${label[1]}`;
      new Labelling(await (await ask(`${api}/sheet`)).json(), api).start();
      document.documentElement.setAttribute("data-ready", "1");
      return;
    }
    const api = path === "/" ? "/api/history" : `/api${path}`;
    const data = /** @type {PageData} */ (await (await ask(api)).json());
    const page = new Page(data, new RemoteRows(api));
    page.start();
    if (data.live) await follow(page, api);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    document.body.append(el("main", {}, el("h1", {}, "prompteval view"), el("p", { role: "alert" }, words)));
    document.documentElement.setAttribute("data-ready", "1");
  }
}

serve();
