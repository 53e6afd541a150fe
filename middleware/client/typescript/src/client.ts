// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Connection, SscardError, localError, now } from "./connection.js";
import { LEASED, Methods } from "./methods.js";
import type { CardAcquireParams, CardAcquireResult, Event, PurseDebitParams, PurseDebitResult, Reader, Txn } from "./methods.js";

export { SscardError } from "./connection.js";

const LOST: readonly string[] = ["daemon_absent", "deadline_exceeded", "parse_error", "line_too_long"];

/** A new idempotency key: prefix, time, and chance. prefix: at most 30 of A-Z a-z 0-9 . _ : - */
export function newOp(prefix = "sale"): string {
  const time = new Date().toISOString().replace(/\D/g, "").slice(0, 14);
  return `${prefix.slice(0, 30)}-${time}-${randomBytes(8).toString("hex")}`;
}

export interface ServiceOptions {
  /** The socket; the usual places without it. */
  path?: string;
  /** Of calls that name none; 30000 without it. */
  deadlineMs?: number;
}

/** As of purse.debit; op: your own key for the sale, kept before you call; a new one without it. */
export type DebitParams = Omit<PurseDebitParams, "op" | "lease"> & { op?: string; lease?: string | Lease };

// An answer without a transaction is no answer: the service has to be asked.
function withTransaction<T extends { txn: Txn }>(result: T): T {
  if (typeof (result as Partial<T> | null)?.txn?.state !== "string") {
    throw localError("parse_error", "the answer holds no transaction", true);
  }
  return result;
}

/**
 * One connection; calls may be under way at the same time. It connects at the first call and again after a connection was lost,
 * which is told once, as daemon_absent. Leases do not outlive their connection.
 */
export class Service extends Methods {
  private readonly path: string | undefined;
  private readonly deadlineMs: number;
  private connection: Promise<Connection> | undefined;

  constructor(options: ServiceOptions = {}) {
    super();
    this.path = options.path;
    this.deadlineMs = options.deadlineMs ?? 30000;
  }

  /** Hangs up; leases end with it. */
  close(): void {
    this.connection?.then((c) => c.close()).catch(() => {});
    this.connection = undefined;
  }

  /** Any method by its name, for what is newer than this package. */
  override async call(method: string, params: object = {}): Promise<unknown> {
    const { deadline_ms: allowed = this.deadlineMs } = params as { deadline_ms?: number };
    const deadline = now() + allowed;
    const opening = (this.connection ??= this.open(deadline));
    return (await opening).call(method, params, deadline);
  }

  private async open(deadline: number): Promise<Connection> {
    try {
      const connection = await Connection.open(this.path, deadline);
      connection.onLost = () => (this.connection = undefined);
      return connection;
    } catch (e) {
      this.connection = undefined;
      throw e;
    }
  }

  /** Holds a card while work runs: the calls of `card` use it under one lease. */
  async withLease<T>(params: CardAcquireParams, work: (card: Lease) => Promise<T>): Promise<T> {
    const card = new Lease(this, await this.cardAcquire(params));
    try {
      return await work(card);
    } finally {
      // It may be over already: the card was taken out, the time ran out, the service is gone.
      await this.cardRelease({ lease: card.id }).catch(() => {});
    }
  }

  /** What happens at the readers, on a connection of its own. */
  events(): Events {
    return new Events(this.path, this.deadlineMs);
  }

  /**
   * purseDebit() that sees it through: when the connection or the answer is lost it asks the service what happened, or sends the same
   * op again, until deadline_ms. An SscardError carries op: debit() with the same op goes on from there and takes no money twice.
   */
  async debit(params: DebitParams): Promise<PurseDebitResult> {
    const deadline = now() + (params.deadline_ms ?? this.deadlineMs);
    const op = params.op ?? newOp();
    const { lease, ...rest } = params;
    const held = lease instanceof Lease ? lease.id : lease;
    let request: PurseDebitParams = { ...rest, op, ...(held === undefined ? {} : { lease: held }) };
    for (;;) {
      try {
        const result = await this.purseDebit({ ...request, deadline_ms: Math.max(1, Math.floor(deadline - now())) });
        return withTransaction(result);
      } catch (e) {
        if (!(e instanceof SscardError)) {
          throw e;
        }
        e.op = op;
        if (!((e.sent && LOST.includes(e.symbol)) || e.symbol === "op_in_progress") || now() >= deadline) {
          throw e;
        }
        const txn = await this.ask(op, deadline, e);
        if (txn && (txn.state === "confirmed" || txn.state === "debited")) {
          return { txn, repeated: true };
        }
      }
      const { lease: gone, ...again } = request; // a lease does not outlive its connection
      void gone;
      request = again;
    }
  }

  /** The journal's row once its outcome is known; undefined when there is none: then nothing was done. */
  private async ask(op: string, deadline: number, lost: SscardError): Promise<Txn | undefined> {
    while (now() < deadline) {
      await sleep(100);
      try {
        const { txn } = withTransaction(await this.txnGet({ op, deadline_ms: Math.max(1, Math.floor(deadline - now())) }));
        if (txn.final || txn.state === "unknown") {
          return txn; // a repeat of the op answers what it means
        }
      } catch (e) {
        if (e instanceof SscardError && e.symbol === "transaction_not_found") {
          return undefined;
        }
        if (!(e instanceof SscardError) || !LOST.includes(e.symbol)) {
          throw e;
        }
      }
    }
    throw lost;
  }
}

/** A card held for several calls. */
export class Lease extends Methods {
  readonly id: string;
  readonly card: string;
  readonly reader: string;
  readonly expires: string;

  constructor(
    private readonly service: Service,
    granted: CardAcquireResult,
  ) {
    super();
    this.id = granted.lease;
    this.card = granted.card;
    this.reader = granted.reader;
    this.expires = granted.expires;
  }

  protected override call(method: string, params: object): Promise<unknown> {
    return this.service.call(method, LEASED.has(method) ? { ...params, lease: this.id } : params);
  }
}

/**
 * for await (const event of service.events()). readers: the snapshot from which they count. A lost connection is made again; when
 * events were missed that the service does not know any more, one of type "subscription.renewed" comes, and readers is new.
 */
export class Events implements AsyncIterable<Event> {
  readers: Reader[] = [];
  seq = -1;
  private connection: Connection | undefined;
  private waiting: Event[] = [];
  private wake: () => void = () => {};
  private closed = false;

  constructor(
    private readonly path: string | undefined,
    private readonly deadlineMs: number,
  ) {}

  close(): void {
    this.closed = true;
    this.connection?.close();
    this.wake();
  }

  /** Subscribes, so that nothing is missed from here on; iterating does it too. */
  async open(): Promise<this> {
    const deadline = now() + this.deadlineMs;
    const connection = await Connection.open(this.path, deadline);
    const later: Event[] = []; // what comes before the answer is in it
    connection.onNote = (method, params) => {
      if (method === "event") {
        later.push(params as Event);
        this.wake();
      }
    };
    connection.onLost = () => this.wake();
    const snapshot = (await connection.call("events.subscribe", this.seq >= 0 ? { from_seq: this.seq } : {}, deadline)) as {
      seq: number;
      readers: Reader[];
      missed?: Event[];
    };
    if (this.seq >= 0) {
      this.waiting.push(...(snapshot.missed ?? [{ seq: snapshot.seq, type: "subscription.renewed" } satisfies Event]));
    }
    this.waiting.push(...later);
    later.length = 0;
    connection.onNote = (method, params) => {
      if (method === "event") {
        this.waiting.push(params as Event);
        this.wake();
      }
    };
    this.seq = snapshot.seq;
    this.readers = snapshot.readers;
    this.connection = connection;
    return this;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Event> {
    try {
      while (!this.closed) {
        const event = this.waiting.shift();
        if (event) {
          this.seq = Math.max(this.seq, event.seq);
          if (event.type === "subscription.dropped") {
            this.connection?.close(); // we were too slow: the next look asks for what was missed
          }
          yield event;
        } else if (this.connection && !this.connection.lost) {
          await new Promise<void>((resolve) => (this.wake = resolve));
        } else {
          await this.reopen();
        }
      }
    } finally {
      this.close();
    }
  }

  private async reopen(): Promise<void> {
    try {
      await this.open();
    } catch (e) {
      if (!(e instanceof SscardError) || !["daemon_absent", "shutting_down"].includes(e.symbol)) {
        throw e;
      }
      await sleep(200);
    }
  }
}

