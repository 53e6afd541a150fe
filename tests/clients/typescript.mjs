// SPDX-License-Identifier: Apache-2.0
// The TypeScript client with the real service ($SSCARD_SOCKET), and with one that misbehaves.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { test } from "node:test";

const { Service, SscardError, newOp, PROTOCOL } = await import(process.env.SSCARD_CLIENT);
const R0 = "Simulated reader 0";
const PIN = { secret: "123456" };
const OP = "till3-20260101-000042";
const TXN = { id: 7, op: OP, state: "confirmed", final: true, amount: 1250 };

async function fails(symbol, sent, work) {
  const e = await work().then(() => assert.fail("no error"), (error) => error);
  assert(e instanceof SscardError, String(e));
  assert.deepEqual([e.symbol, e.sent], [symbol, sent]);
  return e;
}

async function withService(options, work) {
  const service = new Service(options);
  try {
    await work(service);
  } finally {
    service.close();
  }
}

test("the real service", async (t) => {
  await withService({}, async (service) => {
    await t.test("identity", async () => {
      const [who, health] = await Promise.all([service.cardIdentity({ reader: R0 }), service.systemPing()]);
      assert.deepEqual([who.name, who.citizen_id, who.genuine, health.journal.ok], ["张三", "111111198101011110", "yes", true]);
      assert.equal(await service.call("events.unsubscribe").then((r) => typeof r), "object");
    });
    await t.test("errors", async () => {
      const e = await fails("pin_wrong", false, () => service.pinVerify({ reader: R0, secret: "000000" }));
      assert.deepEqual([e.code, e.tries, e.text("zh"), e.remedy("en") !== ""], [-80, 5, "密码错误", true]);
      await assert.rejects(service.cardWait({ reader: R0, state: "absent", deadline_ms: 200 }), { symbol: "card_still_there" });
    });
    await t.test("lease", async () => {
      await service.withLease({ reader: R0, hold_ms: 5000 }, async (card) => {
        await card.pinVerify({ secret: "123456" });
        assert.equal((await card.purseBalance()).amount, 100000);
        assert.deepEqual((await card.txnList()).txns, []);
        assert.equal((await service.readerList()).readers[0].lease.owner.pid, process.pid);
        const sale = await service.debit({ amount: 500, lease: card, op: OP });
        assert.equal(sale.txn.balance_after, 99500);
      });
      assert.equal((await service.readerList()).readers[0].lease, null);
      await assert.rejects(service.withLease({ reader: R0 }, () => Promise.reject(new RangeError())), RangeError);
      assert.equal((await service.readerList()).readers[0].lease, null);
    });
    await t.test("debit", async () => {
      const again = await service.debit({ amount: 500, reader: R0, op: OP, pin: PIN });
      assert.equal(again.repeated, true);
      const e = await fails("op_conflict", false, () => service.debit({ amount: 501, reader: R0, op: OP, pin: PIN }));
      assert.equal(e.op, OP);
    });
    await t.test("events", async () => {
      const events = await service.events().open();
      assert.equal(events.readers[0].name, R0);
      await service.simRemove({ reader: R0 });
      await service.simInsert({ reader: R0 });
      const seen = [];
      for await (const event of events) {
        seen.push(event.type);
        if (seen.length === 2) break;
      }
      assert.deepEqual(seen, ["card.removed", "card.inserted"]);
    });
  });
});

/** Answers each request with the next row: [method, answer]. An answer is a result, {error}, bytes, null (hang up) or "" (silence). */
async function withScript(rows, work) {
  const folder = mkdtempSync("/tmp/sscard-typescript-");
  const seen = [];
  const server = createServer((socket) => {
    let text = "";
    socket.on("error", () => {});
    socket.on("data", (piece) => {
      text += piece;
      for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
        const request = JSON.parse(text.slice(0, end));
        text = text.slice(end + 1);
        seen.push([request.method, request.params]);
        const [method, answer] = request.method === "system.hello" ? ["system.hello", { protocol: 1, joined_later: [{}] }] : rows.shift();
        assert.equal(request.method, method);
        if (answer === null) socket.destroy();
        else if (Buffer.isBuffer(answer)) answer.at(-1) === 10 ? socket.write(answer) : socket.end(answer);
        else if (answer !== "") socket.write(JSON.stringify({ id: request.id, ...(answer.error ? answer : { result: answer }) }) + "\n");
      }
    });
  });
  server.listen(folder + "/s");
  await once(server, "listening");
  try {
    await withService({ path: folder + "/s", deadlineMs: 5000 }, work);
    assert.deepEqual(rows, []);
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
  return seen;
}

const error = (symbol, code) => ({ error: { code, message: symbol, data: { symbol } } });

test("params, and members that joined later", async () => {
  const seen = await withScript([["card.identity", { name: "", later: 1 }]], async (c) =>
    assert.deepEqual(await c.cardIdentity({ parts: "full", deadline_ms: 1000 }), { name: "", later: 1 }),
  );
  assert.equal(seen[0][1].protocol, PROTOCOL);
  assert(seen[1][1].deadline_ms >= 500 && seen[1][1].deadline_ms <= 950);
});

test("broken answers", async () => {
  const broken = [['{"id":2,"res', "daemon_absent"], ["garbage\n", "parse_error"], ["[1]\n", "parse_error"], ['{"id":2,"error":7}\n', "parse_error"]];
  for (const [bytes, symbol] of broken) {
    await withScript([["card.info", Buffer.from(bytes)], ["card.info", {}]], async (c) => {
      await fails(symbol, true, () => c.cardInfo());
      await c.cardInfo();
    });
  }
  await withScript([["card.info", Buffer.alloc(5000000, "x")]], (c) => fails("line_too_long", true, () => c.cardInfo()));
});

test("an error with odd members", async () => {
  const odd = [
    { code: "x", message: 5, data: [1] },
    { data: { symbol: 7, text: "t", remedy: [], sw: 3, tries: "no", txn: 5 } },
    { data: { sw: "ZZZZ", text: { en: 7 }, detail: {}, detail_zh: 1 } },
    { code: 1.5, data: { sw: 9000, sw_text: "t", sw_name: 1, tries: 2.5, txn: [], text: null, constructor: 1 } },
    { code: null, message: null, data: null },
  ];
  for (const error of odd) {
    await withScript([["card.info", { error }]], async (c) => {
      const e = await fails("", false, () => c.cardInfo());
      assert.deepEqual(
        [e.code, e.sw, e.tries, e.txn, e.text("zh"), e.remedy("zh"), e.detail("zh"), e.message],
        [-32700, undefined, undefined, undefined, "", "", "", ""],
      );
    });
  }
  const partly = { code: -47, message: "m", data: { symbol: "card_status", sw: "6A82", tries: "no", text: { en: "e", zh: "z" }, later: [1] } };
  await withScript([["card.info", { error: partly }]], async (c) => {
    const e = await fails("card_status", false, () => c.cardInfo());
    assert.deepEqual([e.code, e.sw, e.tries, e.text("zh"), e.data.later], [-47, 0x6a82, undefined, "z", [1]]);
  });
});

test("half a character, and a late answer", async () => {
  const late = Buffer.from('{"id":3,"result":"late"}\n{"method":"event","params":{}}\n{"id":4,"result":{"name":"张三"}}\n');
  await withScript([["card.info", {}], ["card.info", ""], ["card.info", late]], async (c) => {
    await c.cardInfo(); // connected
    await fails("deadline_exceeded", true, () => c.cardInfo({ deadline_ms: 50 }));
    assert.deepEqual(await c.cardInfo(), { name: "张三" });
  });
});

test("a debit whose answer is lost", async () => {
  const sale = (c) => c.debit({ amount: 1250, op: OP, pin: PIN });
  await withScript([["purse.debit", null], ["txn.get", { txn: TXN }]], async (c) =>
    assert.deepEqual(await sale(c), { txn: TXN, repeated: true }),
  );
  const seen = await withScript(
    [["purse.debit", null], ["txn.get", error("transaction_not_found", -111)], ["purse.debit", { txn: TXN, repeated: false }]],
    async (c) => assert.equal((await sale(c)).repeated, false),
  );
  assert.deepEqual(seen.filter(([m]) => m === "purse.debit").map(([, p]) => p.op), [OP, OP]);
  await withScript([["purse.debit", null], ["txn.get", { txn: { ...TXN, state: "refused" } }], ["purse.debit", error("insufficient_funds", -100)]],
    async (c) => assert.equal((await fails("insufficient_funds", false, () => sale(c))).op, OP));
  for (const odd of [{}, { txn: [] }, { txn: { state: 1 } }]) { // an answer without a transaction is no answer
    await withScript([["purse.debit", odd], ["txn.get", odd], ["txn.get", { txn: TXN }]], async (c) =>
      assert.equal((await sale(c)).txn.state, TXN.state));
  }
  await withScript([["purse.debit", error("pin_wrong", -80)]], (c) => fails("pin_wrong", false, () => sale(c)));
});

test("nobody there", async () => {
  await withService({ path: "/nonexistent/s" }, (c) => fails("daemon_absent", false, () => c.cardInfo()));
});

test("op keys", () => {
  assert.match(newOp("till3"), /^till3-\d{14}-[0-9a-f]{16}$/);
  assert(newOp("x".repeat(99)).length <= 64);
});
