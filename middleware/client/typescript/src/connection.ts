// SPDX-License-Identifier: Apache-2.0
// One connection: lines out, lines in, and who waits for which.
import { lstatSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { basename, dirname } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { LOCAL, PROTOCOL, type ErrorData, type ErrorSymbol, type Txn } from "./methods.js";

const VERSION = "0.1.0";
const LINE_MAX = 4 * 1024 * 1024; // the service's longest answer is 1 MiB

const isText = (value: unknown): value is string => typeof value === "string";
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const isTexts = (value: unknown): boolean => isObject(value) && Object.values(value).every(isText);

const FITS = new Map<string, (value: unknown) => boolean>([
  ...["symbol", "detail", "detail_zh", "sw_name"].map((name) => [name, isText] as const),
  ...["text", "remedy", "sw_text"].map((name) => [name, isTexts] as const),
  ["sw", (value) => isText(value) && /^[0-9A-Fa-f]{4}$/.test(value)],
  ["tries", Number.isSafeInteger],
  ["txn", isObject],
]);

/** Members of a wrong type are left out: an error stays an error, whatever the service put into it. */
function fitting(data: unknown): Partial<ErrorData> {
  return Object.fromEntries(Object.entries(isObject(data) ? data : {}).filter(([name, value]) => FITS.get(name)?.(value) ?? true));
}

/** A call that failed. */
export class SscardError extends Error {
  /** The stable name, "no_card": what programs switch on. */
  readonly symbol: ErrorSymbol;
  /** The number of the service's error object. */
  readonly code: number;
  /** All that the service said. */
  readonly data: Partial<ErrorData>;
  /** The request had left when the connection or the time was lost: the service may have acted on it. */
  readonly sent: boolean;
  /** Of a debit: give the same op again, and nothing happens twice. */
  op?: string;

  constructor(error: { code?: unknown; message?: unknown; data?: unknown }, sent = false) {
    const data = fitting(error.data);
    super([data.symbol, error.message, data.detail].filter((part) => isText(part) && part !== "").join(": "));
    this.name = "SscardError";
    this.code = typeof error.code === "number" && Number.isSafeInteger(error.code) ? error.code : LOCAL.parse_error.code;
    this.data = data;
    this.symbol = data.symbol ?? "";
    this.sent = sent;
  }

  /** What happened. */
  text(lang: "en" | "zh" = "en"): string {
    return this.data.text?.[lang] ?? this.message;
  }

  /** What to do about it. */
  remedy(lang: "en" | "zh" = "en"): string {
    return this.data.remedy?.[lang] ?? "";
  }

  /** What it was about. */
  detail(lang: "en" | "zh" = "en"): string {
    return (lang === "zh" ? this.data.detail_zh : undefined) ?? this.data.detail ?? "";
  }

  get tries(): number | undefined {
    return this.data.tries;
  }

  get txn(): Txn | undefined {
    return this.data.txn;
  }

  /** The status word of the card. */
  get sw(): number | undefined {
    return this.data.sw === undefined ? undefined : parseInt(this.data.sw, 16);
  }
}

export function localError(symbol: keyof typeof LOCAL, detail = "", sent = false): SscardError {
  const known = LOCAL[symbol];
  const data = { symbol, text: { en: known.en, zh: known.zh }, remedy: { en: known.remedyEn, zh: known.remedyZh } };
  return new SscardError({ code: known.code, message: known.en, data: detail ? { ...data, detail } : data }, sent);
}

/** Milliseconds of a clock that nobody sets. */
export function now(): number {
  return performance.now();
}

/** In a folder that anybody may write to, only one that is this user's own is believed. */
function isOwn(path: string): boolean {
  try {
    const folder = lstatSync(dirname(path));
    return folder.isDirectory() && folder.uid === process.getuid?.() && (folder.mode & 0o022) === 0;
  } catch {
    return false;
  }
}

function places(path: string | undefined): string[] {
  const named = path ?? process.env["SSCARD_SOCKET"];
  const runtime = process.env["XDG_RUNTIME_DIR"];
  const own = `/tmp/sscard-${process.getuid?.()}/sscard.sock`;
  if (named) {
    return [named];
  }
  return ["/run/sscard/sscard.sock", ...(runtime ? [`${runtime}/sscard/sscard.sock`] : []), ...(isOwn(own) ? [own] : [])];
}

/** A local connect succeeds or fails at once, or the listener's queue is full: that is waited for. */
async function dial(path: string, deadline: number): Promise<Socket> {
  for (;;) {
    const socket = createConnection(path);
    const code = await new Promise<string>((resolve) => {
      socket.once("error", (e: NodeJS.ErrnoException) => resolve(e.code ?? "?"));
      socket.once("connect", () => resolve(""));
    });
    if (code === "") {
      socket.removeAllListeners("error");
      return socket;
    }
    socket.destroy();
    if (code !== "EAGAIN") {
      throw localError(code === "EACCES" || code === "EPERM" ? "permission_denied" : "daemon_absent", path);
    }
    if (now() >= deadline) {
      throw localError("deadline_exceeded", path);
    }
    await sleep(5);
  }
}

interface Message {
  id?: number | string | null;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: object;
}

function parse(line: string): Message {
  let message: unknown;
  try {
    message = JSON.parse(line);
  } catch {
    message = null;
  }
  if (typeof message === "object" && message !== null && !Array.isArray(message)) {
    const m = message as Message;
    if (typeof m.method === "string" || "result" in m || (typeof m.error === "object" && m.error !== null)) {
      return m;
    }
  }
  throw localError("parse_error", "the service sent something that is not JSON-RPC 2.0", true);
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: SscardError): void;
}

export class Connection {
  private bytes: Buffer[] = [];
  private length = 0;
  private number = 0;
  private readonly waiting = new Map<number, Waiting>();
  /** Why it ended. */
  lost: SscardError | undefined;
  onNote: (method: string, params: unknown) => void = () => {};
  onLost: () => void = () => {};

  private constructor(private readonly socket: Socket) {
    socket.on("data", (piece: Buffer) => this.take(piece));
    socket.on("error", () => this.lose());
    socket.on("close", () => this.lose());
  }

  static async open(path: string | undefined, deadline: number): Promise<Connection> {
    let refused = localError("daemon_absent");
    for (const place of places(path)) {
      try {
        const connection = new Connection(await dial(place, deadline));
        const program = basename(process.argv[1] ?? "node").slice(0, 64);
        await connection.call("system.hello", { client: `${program} (sscard-typescript ${VERSION})`, protocol: PROTOCOL }, deadline);
        return connection;
      } catch (e) {
        if (!(e instanceof SscardError) || e.sent || e.symbol === "not_supported") {
          throw e;
        }
        refused = refused.symbol === "permission_denied" ? refused : e; // one that refuses tells more than one that is absent
      }
    }
    throw refused;
  }

  private take(piece: Buffer): void {
    try {
      let end = piece.indexOf(10);
      while (end >= 0) {
        const line = Buffer.concat([...this.bytes, piece.subarray(0, end)]).toString("utf8");
        this.bytes = [];
        this.length = 0;
        piece = piece.subarray(end + 1);
        this.answer(parse(line));
        end = piece.indexOf(10);
      }
      this.bytes.push(piece);
      this.length += piece.length;
      if (this.length > LINE_MAX) {
        throw localError("line_too_long", "the service's answer is longer than this client takes", true);
      }
    } catch (e) {
      this.lose(e instanceof SscardError ? e : undefined);
    }
  }

  private answer(message: Message): void {
    const waiting = typeof message.id === "number" ? this.waiting.get(message.id) : undefined;
    if (message.method !== undefined) {
      this.onNote(message.method, message.params);
    } else if (message.error) {
      waiting?.reject(new SscardError(message.error));
    } else {
      waiting?.resolve(message.result); // without one it is late: its caller has given up
    }
  }

  private lose(why = localError("daemon_absent", "the connection was lost", true)): void {
    if (!this.lost) {
      this.lost = why;
      this.socket.destroy();
      for (const waiting of this.waiting.values()) {
        waiting.reject(why);
      }
      this.onLost();
    }
  }

  /** The service is told a little less than the caller allows (5 %, at most 500 ms), so that its answer arrives in time. */
  call(method: string, params: object, deadline: number): Promise<unknown> {
    const left = Math.max(1, Math.floor(deadline - now()));
    const id = ++this.number;
    const told = Math.max(1, left - Math.min(500, Math.floor(left / 20)));
    const line = JSON.stringify({ jsonrpc: "2.0", id, method, params: { ...params, deadline_ms: told } });
    return new Promise((resolve, reject) => {
      if (this.lost) {
        reject(localError("daemon_absent", "the connection was lost"));
        return;
      }
      const late = (): void => settle(reject)(localError("deadline_exceeded", "the service did not answer in time", true));
      const timer = setTimeout(late, left);
      const settle = <T>(end: (value: T) => void) => (value: T): void => {
        clearTimeout(timer);
        this.waiting.delete(id);
        end(value);
      };
      this.waiting.set(id, { resolve: settle(resolve), reject: settle(reject) });
      this.socket.write(line + "\n");
    });
  }

  close(): void {
    this.lose(localError("daemon_absent", "closed"));
  }
}
