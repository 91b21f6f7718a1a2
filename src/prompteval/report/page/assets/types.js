"use strict";
/**
 * The shapes of `prompteval/page@1`, as `prompteval schema page` publishes them.
 *
 * @typedef {"pass" | "fail" | "error" | "unscored"} CaseVerdict
 * @typedef {{title: string, word: string, tone: string, sentence: string, facts: [string, string][]}} Headline
 * @typedef {{rule: string, verdict: string, word: string, detail: string, filters: Record<string, string>}} Gate
 * @typedef {[number | null, number | null, number | null]} Ends low, value, high
 * @typedef {{title: string, heads: string[], rows: string[][], texts: number, estimates?: Ends[],
 *   counts?: number[][], links?: string[], differences?: [number | null, number | null, number | null, number | null][]}} TableData
 * @typedef {{title: string, lines: string[], notes: string[], code: string, gates: Gate[], tables: TableData[],
 *   drawn: Record<string, any>}} Section
 * @typedef {{suite: string, prompt: string, version: string, model: string, side?: "a" | "b"}} Column
 * @typedef {{schema: string, kind: string, head: Headline, sections: Section[], run?: any, comparison?: any,
 *   columns?: Column[], links?: [string, string][], live?: boolean}} PageData
 * @typedef {{id: string, flip: "broken" | "fixed", before: string | null, after: string | null}} Change
 *
 * @typedef {[number | null, boolean | null, string]} ListedScore value, passed, status
 * @typedef {{column: number, id: string, replicate: number, verdict: CaseVerdict, outcome: string, inputs: string,
 *   expected: string, output: string, latency_ms: number, scores: Record<string, ListedScore>,
 *   tags: Record<string, string>, text: string, why?: string, reason?: string, fails?: string[]}} ListedRow
 * @typedef {{label: string, text: string, marks?: [string, string][], words?: string,
 *   images?: string[]}} PartLine
 * @typedef {{name: string, text?: string, lines?: PartLine[], left_out?: number}} Part
 * @typedef {{doc?: string, start?: number, end?: number, quote?: string}} Gold
 * @typedef {{text: string, length: number}} Value
 * @typedef {{verdict: CaseVerdict, why: string, expected: Value, output: Value, gold: Gold[], parts: Part[],
 *   quotes: [number, string][], evidence: Record<string, string>, calls: number}} FullRow
 * @typedef {{role: string, model: string, served_by: string, request: string, response: string}} Exchange
 */
