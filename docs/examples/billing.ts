// SPDX-License-Identifier: Apache-2.0
// Who holds the card, then a debit.
// usage: node billing.js FEN OP     OP is the till's own key for the sale: started again with it, nothing is paid twice
import { Service, SscardError } from "sscard";

async function main(): Promise<number> {
  const [fen, op] = process.argv.slice(2);
  if (fen === undefined || op === undefined) {
    console.error("usage: node billing.js FEN OP");
    return 2;
  }
  const lang = process.env["LANG"]?.startsWith("zh") ? "zh" : "en";
  const service = new Service();
  try {
    const who = await service.cardIdentity();
    console.log(`${who.name}, genuine: ${who.genuine}`);
    const { txn, repeated } = await service.debit({ amount: Number(fen), op, pin: { entry: "pinpad" } });
    const balance = ((txn.balance_after ?? 0) / 100).toFixed(2);
    console.log(`transaction ${txn.id}, ${repeated ? "repeated" : "paid"}, balance ${balance}`);
    return 0;
  } catch (e) {
    if (!(e instanceof SscardError)) throw e;
    console.error(`${e.text(lang)}\n${e.remedy(lang)}`);
    return 1;
  } finally {
    service.close();
  }
}

process.exitCode = await main();
