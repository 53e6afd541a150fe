// SPDX-License-Identifier: Apache-2.0
// Made by middleware/client/generate.py from what sscardd says of itself; do not edit.

export const PROTOCOL = 1;

/** Every symbol of an error; a newer service may know more. */
export type ErrorSymbol =
  | "invalid_argument"
  | "buffer_too_small"
  | "out_of_memory"
  | "internal_error"
  | "deadline_exceeded"
  | "cancelled"
  | "not_supported"
  | "permission_denied"
  | "crypto_failure"
  | "io_error"
  | "reader_service_absent"
  | "reader_not_found"
  | "reader_removed"
  | "reader_wedged"
  | "reader_busy"
  | "reader_io_error"
  | "no_card"
  | "card_removed"
  | "card_mute"
  | "card_unpowered"
  | "card_reset"
  | "protocol_mismatch"
  | "stale_card"
  | "reader_access_denied"
  | "card_still_there"
  | "not_social_security_card"
  | "bad_response"
  | "bad_atr"
  | "bad_text"
  | "card_misbehaves"
  | "card_mismatch"
  | "card_id_format"
  | "card_status"
  | "file_unknown"
  | "card_not_genuine"
  | "no_psam"
  | "psam_algorithm"
  | "psam_no_rkssse"
  | "psam_key_level"
  | "psam_key_missing"
  | "need_remote_authentication"
  | "remote_authentication_not_needed"
  | "external_authentication_failed"
  | "authentication_not_begun"
  | "test_keys_refused"
  | "access_denied"
  | "psam_refused"
  | "pin_wrong"
  | "pin_locked"
  | "pin_cancelled"
  | "pin_timeout"
  | "pin_length"
  | "pin_mismatch"
  | "pin_required"
  | "no_pin_pad"
  | "insufficient_funds"
  | "no_purse"
  | "outcome_unknown"
  | "unsettled_transaction"
  | "transaction_unproven"
  | "journal_unavailable"
  | "journal_corrupt"
  | "op_required"
  | "op_conflict"
  | "op_in_progress"
  | "mac_wrong"
  | "transaction_not_found"
  | "load_not_begun"
  | "counter_exhausted"
  | "card_blocked"
  | "nothing_moved"
  | "debit_not_begun"
  | "debit_disputed"
  | "verdict_conflict"
  | "parse_error"
  | "invalid_request"
  | "method_not_found"
  | "invalid_params"
  | "line_too_long"
  | "too_many_clients"
  | "lease_required"
  | "lease_invalid"
  | "queue_full"
  | "shutting_down"
  | "daemon_absent"
  | "slow_client"
  | "already_running"
  | "config_invalid"
  | "card_image_invalid"
  | "file_missing"
  | "file_exists"
  | (string & {});

/** The same sentence in two languages. */
export interface Text {
  en: string;
  zh: string;
}

/** Who holds a card. */
export interface Owner {
  pid: number;
  uid: number;
  program: string;
}

export interface ReaderLease {
  owner: Owner;
  since: string;
  expires: string | null;
}

/** A reader and what is in it. */
export interface Reader {
  name: string;
  state: "empty" | "card" | "mute" | "gone" | "wedged" | (string & {});
  medium: "contact" | "contactless" | "sam" | (string & {});
  card: string | null;
  atr: string | null;
  pin_pad: boolean;
  in_use: boolean;
  since: string;
  lease: ReaderLease | null;
  queue: number;
}

/** The holder, and whether the card is genuine. What was not read is an empty text. */
export interface Identity {
  area_code: string;
  citizen_id: string;
  card_number: string;
  card_id: string;
  name: string;
  reset_info: string;
  version: string;
  issue_date: string;
  expiry_date: string;
  terminal_number: string;
  device_number: string;
  sex: string;
  ethnic_group: string;
  birth_place: string;
  birth_date: string;
  card_class: string;
  issuer: string;
  genuine: "yes" | "no" | "not_checked" | (string & {});
  test_keys: boolean;
  findings: Array<string>;
  line: string;
  exchanges: number;
  elapsed_ms: number;
  wire_ms?: number;
}

/** What the back office's key machine works on. */
export interface Remote {
  factor: string;
  original: string;
}

export interface TxnError {
  symbol: string;
  sw?: string;
}

/** A row of the journal. */
export interface Txn {
  id: number;
  op: string;
  kind: "debit" | "load" | (string & {});
  purse: "medical" | "ed" | "ep" | (string & {});
  state: "prepared" | "armed" | "debited" | "credited" | "confirmed" | "refused" | "abandoned" | "unknown" | "not_debited" | "not_credited" | "unproven" | (string & {});
  evidence: "none" | "reply_mac2" | "proof_mac2" | "proof_tac" | "status_word" | "never_sent" | "card_unchanged" | "conflict" | "operator" | "load_tac" | "reply_unchecked" | "host_mac2" | "host_mac2_wrong" | (string & {});
  final: boolean;
  amount: number;
  self_pay: number;
  pooled: number;
  balance_before: number | null;
  balance_after: number | null;
  card: string;
  counter: number;
  terminal: string;
  terminal_seq: string;
  time: string;
  type: string;
  key_version: string;
  algorithm: string;
  tac: string | null;
  mac2: string | null;
  mac2_checked: boolean;
  test_keys: boolean;
  reader: string;
  created: string;
  updated: string;
  error?: TxnError;
}

/** params of the notification "event". txn is a Txn; others than its owner and operators see a part of it. */
export interface Event {
  seq: number;
  type: "reader.added" | "reader.removed" | "card.inserted" | "card.removed" | "card.mute" | "reader.wedged" | "reader.recovered" | "lease.granted" | "lease.released" | "txn.settled" | "txn.unknown" | "service.lost" | "service.back" | "subscription.dropped" | (string & {});
  reader?: string;
  medium?: string;
  card?: string;
  atr?: string | null;
  owner?: Owner;
  reason?: string;
  txn?: Record<string, unknown>;
}

/** params of the notification "trace". */
export interface Trace {
  reader: string;
  line: string;
}

/** data of an error object. */
export interface ErrorData {
  symbol: string;
  text: Text;
  remedy: Text;
  detail?: string;
  detail_zh?: string;
  sw?: string;
  sw_name?: string;
  sw_text?: Text;
  tries?: number;
  txn?: Txn;
}

export interface SystemHelloResultLimits {
  line_bytes: number;
  depth: number;
  calls: number;
  deadline_ms: number;
  max_deadline_ms: number;
  lease_ms: number;
  max_lease_ms: number;
  clients: number;
}

export interface SystemHelloResult {
  protocol: number;
  protocols: Array<number>;
  server: string;
  version: string;
  role: string;
  features: Array<string>;
  limits: SystemHelloResultLimits;
}

export interface SystemPingResultDaemon {
  ok: boolean;
  version: string;
  pid: number;
  uptime_ms: number;
  clients: number;
  calls: number;
}

export interface SystemPingResultPcsc {
  ok: boolean;
  driver: string;
}

export interface SystemPingResultReaders {
  name: string;
  ok: boolean;
  state: string;
}

export interface SystemPingResultPsam {
  reader: string;
  ok: boolean;
  state: "ready" | "opening" | "lent" | "fault" | (string & {});
  serial?: string;
  terminal?: string;
  algorithms?: Array<string>;
  error?: string;
}

export interface SystemPingResultHsm {
  configured: boolean;
}

export interface SystemPingResultJournal {
  ok: boolean;
  unsettled: number;
  file: string;
  gone?: boolean;
  error?: string;
}

export interface SystemPingResultLink {
  configured: boolean;
}

export interface SystemPingResult {
  daemon: SystemPingResultDaemon;
  pcsc: SystemPingResultPcsc;
  readers: Array<SystemPingResultReaders>;
  psam: Array<SystemPingResultPsam>;
  hsm: SystemPingResultHsm;
  journal: SystemPingResultJournal;
  link: SystemPingResultLink;
  test_keys: boolean;
}

export interface RpcCancelResult {
  cancelled: boolean;
  card_touched: boolean;
}

export interface ReaderListResult {
  seq: number;
  readers: Array<Reader>;
}

export interface EventsSubscribeResult {
  seq: number;
  readers: Array<Reader>;
  missed?: Array<Event>;
}

export interface CardWaitResult {
  reader: string;
  card: string | null;
  atr: string | null;
}

export interface Expect {
  card_id?: string;
  card_number?: string;
}

export interface CardAcquireResult {
  lease: string;
  card: string;
  reader: string;
  expires: string;
}

export interface CardInfoResultAtrItems {
  item: string;
  item_zh: string;
  meaning: string;
  meaning_zh: string;
}

export interface CardInfoResultHistorical {
  chip_maker: string;
  card_maker: string;
  region: string;
  serial: string;
  chip_maker_name?: string;
  card_maker_name?: string;
}

export interface CardInfoResult {
  reader: string;
  card: string;
  atr: string;
  atr_items: Array<CardInfoResultAtrItems>;
  protocol: string;
  kind: "ssc" | "pboc" | "unknown" | (string & {});
  generation?: string;
  version?: string;
  algorithm?: string;
  city?: string;
  historical?: CardInfoResultHistorical;
  purses?: Array<string>;
}

export interface Pin {
  entry?: "pinpad" | (string & {});
  secret?: string;
}

export interface CardReadResultValues {
  tag: string;
  key?: string;
  zh?: string;
  en?: string;
  record: number;
  text: string;
  text_valid: boolean;
  hex: string;
}

export interface CardReadResult {
  file: string;
  zh: string;
  en: string;
  values: Array<CardReadResultValues>;
}

export interface CardWriteResult {
  repeated: boolean;
}

export interface CardAuthenticateBeginResult {
  lease: string;
  expires: string;
  card: string;
  reader: string;
  area_code: string;
  reset_info: string;
  algorithm: string;
  card_id: string;
  line?: string;
  internal?: Remote;
  external?: Remote;
  key?: string;
  reference?: string;
  address?: string | null;
  pin_needed?: boolean;
}

export interface CardAuthenticateCompleteResult {
  area_code?: string;
  citizen_id?: string;
  card_number?: string;
  card_id?: string;
  name?: string;
  reset_info?: string;
  version?: string;
  issue_date?: string;
  expiry_date?: string;
  terminal_number?: string;
  device_number?: string;
  sex?: string;
  ethnic_group?: string;
  birth_place?: string;
  birth_date?: string;
  card_class?: string;
  issuer?: string;
  genuine?: "yes" | "no" | "not_checked" | (string & {});
  test_keys?: boolean;
  findings?: Array<string>;
  line?: string;
  exchanges?: number;
  elapsed_ms?: number;
  wire_ms?: number;
  key?: string;
}

export interface PinVerifyResult {
  tries_left?: number | null;
}

export interface PinChangeResult {
  repeated: boolean;
}

export interface PinReloadResult {
  repeated?: boolean;
  challenge?: string;
  header?: string;
  algorithm?: string;
  address?: string | null;
}

export interface PinUnblockResult {
  repeated?: boolean;
  challenge?: string;
  header?: string;
  algorithm?: string;
  address?: string | null;
}

export interface PurseBalanceResult {
  purse: string;
  amount: number;
  year_self_pay?: number;
  year_pooled?: number;
  year?: number;
  overdraft?: number;
}

export interface PurseDebitResult {
  txn: Txn;
  repeated: boolean;
}

export interface PurseDebitBeginResultHost {
  algorithm: string;
  key_version: string;
  key_index: string;
  address: string | null;
  random: string;
  counter: number;
  balance: number;
  amount: number;
  self_pay: number;
  pooled: number;
  type: string;
  terminal: string;
  time: string;
  area_code: string | null;
  reset_info: string | null;
}

export interface PurseDebitBeginResult {
  lease?: string;
  expires?: string;
  card?: string;
  reader?: string;
  txn: Txn;
  repeated?: boolean;
  host?: PurseDebitBeginResultHost;
}

export interface PurseDebitCompleteResult {
  txn: Txn;
  mac2: string;
  tac: string;
  repeated: boolean;
}

export interface PurseDebitVerifiedResult {
  txn: Txn;
  repeated: boolean;
}

export interface PurseLoadBeginResultHost {
  random: string;
  counter: number;
  balance: number;
  mac1: string;
  key_version: string;
  algorithm: string;
  terminal: string;
  type: string;
  amount: number;
  area_code: string | null;
  reset_info: string | null;
}

export interface PurseLoadBeginResult {
  lease?: string;
  expires?: string;
  card?: string;
  reader?: string;
  txn: Txn;
  repeated?: boolean;
  host?: PurseLoadBeginResultHost;
}

export interface PurseLoadCompleteResult {
  txn: Txn;
}

export interface PurseLogResultEntries {
  record: number;
  counter: number;
  type: string;
  amount: number;
  self_pay: number;
  pooled: number;
  terminal: string;
  time: string;
}

export interface PurseLogResult {
  purse: string;
  entries: Array<PurseLogResultEntries>;
}

export interface TxnGetResult {
  txn: Txn;
}

export interface TxnListResult {
  txns: Array<Txn>;
  more: boolean;
}

export interface TxnResolveResult {
  settled: number;
  txns: Array<Txn>;
}

export interface CardResetResult {
  atr: string;
  protocol: string;
}

export interface ApduTransmitResult {
  response: string;
  data: string;
  sw: string;
  sw_name: string;
  sw_text: Text;
}

export interface SystemHelloParams {
  /** Name and version of the calling program, for the log. */
  client?: string;
  /** The protocol the caller speaks; not_supported when the daemon does not. */
  protocol?: number;
  /** Language of error.message on this connection, English without it; data carries both in any case. */
  lang?: "en" | "zh";
  /** The answer comes within this time; the client's own default without it. */
  deadline_ms?: number;
}

export interface SystemPingParams {
  /** The answer comes within this time from receipt; the configuration sets default and maximum. */
  deadline_ms?: number;
}

export interface RpcDiscoverParams {
  /** The answer comes within this time; the client's own default without it. */
  deadline_ms?: number;
}

export interface RpcCancelParams {
  /** The id of the call to give up. */
  id: number | string;
  /** The answer comes within this time; the client's own default without it. */
  deadline_ms?: number;
}

export interface ReaderListParams {
  /** The answer comes within this time; the client's own default without it. */
  deadline_ms?: number;
}

export interface EventsSubscribeParams {
  /** The last number seen before a connection was lost. */
  from_seq?: number;
  /** The answer comes within this time; the client's own default without it. */
  deadline_ms?: number;
}

export interface EventsUnsubscribeParams {
  /** The answer comes within this time; the client's own default without it. */
  deadline_ms?: number;
}

export interface CardWaitParams {
  /** What to wait for; present without it. */
  state?: "present" | "absent";
  /** Only readers of this kind; of the preferred kind first when there are cards in both. */
  medium?: "contact" | "contactless" | "contact_first" | "contactless_first";
  /** Name of the reader. Without reader, card and lease: the only reader with a card. */
  reader?: string;
  /** The answer comes within this time from receipt; the configuration sets default and maximum. */
  deadline_ms?: number;
}

export interface CardAcquireParams {
  /** The lease is granted only when the card is this one: {"card_id":"32 hexadecimal digits", "card_number":".."}, one of them or both; else card_mismatch. Both are read without authentication. */
  expect?: Expect;
  /** How long to hold it; the configuration sets default and maximum. */
  hold_ms?: number;
  /** Name of the reader. Without reader, card and lease: the only reader with a card. */
  reader?: string;
  /** Card handle; a handle of a card that was removed is answered with stale_card. */
  card?: string;
  /** Use the card under this lease instead of taking one for this call. */
  lease?: string;
  /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
  medium?: "contact" | "contactless" | "contact_first" | "contactless_first";
  /** The answer comes within this time from receipt; the configuration sets default and maximum. */
  deadline_ms?: number;
}

export interface CardReleaseParams {
  /** The lease that holds the card. */
  lease: string;
  /** The answer comes within this time; the client's own default without it. */
  deadline_ms?: number;
}

export interface CardInfoParams {
  /** Name of the reader. Without reader, card and lease: the only reader with a card. */
  reader?: string;
  /** Card handle; a handle of a card that was removed is answered with stale_card. */
  card?: string;
  /** Use the card under this lease instead of taking one for this call. */
  lease?: string;
  /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
  medium?: "contact" | "contactless" | "contact_first" | "contactless_first";
  /** The answer comes within this time from receipt; the configuration sets default and maximum. */
  deadline_ms?: number;
}

export interface CardIdentityParams {
  /** Authenticate the card; true without it. */
  verify?: boolean;
  /** basic: the eleven items of the national line; full adds sex, birth, class, issuer. */
  parts?: "basic" | "full";
  /** Name of the reader. Without reader, card and lease: the only reader with a card. */
  reader?: string;
  /** Card handle; a handle of a card that was removed is answered with stale_card. */
  card?: string;
  /** Use the card under this lease instead of taking one for this call. */
  lease?: string;
  /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
  medium?: "contact" | "contactless" | "contact_first" | "contactless_first";
  /** The answer comes within this time from receipt; the configuration sets default and maximum. */
  deadline_ms?: number;
}

export interface CardReadParams {
  /** SSSEEF05, DF01EF0A ... */
  file: string;
  /** Tags ("28") or names ("contact_phone"); all without it. */
  elements?: Array<string>;
  /** One record of a cyclic file. */
  record?: number;
  /** How to open the file. */
  auth?: "auto" | "pin" | "key";
  /** Name of the reader. Without reader, card and lease: the only reader with a card. */
  reader?: string;
  /** Card handle; a handle of a card that was removed is answered with stale_card. */
  card?: string;
  /** Use the card under this lease instead of taking one for this call. */
  lease?: string;
  /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
  medium?: "contact" | "contactless" | "contact_first" | "contactless_first";
  /** Verify the PIN first: {"entry":"pinpad"} on the reader's keypad, or {"secret":"123456"}. */
  pin?: Pin;
  /** The answer comes within this time from receipt; the configuration sets default and maximum. */
  deadline_ms?: number;
}

export interface CardWriteParams {
  /** DF01EF05 ... */
  file: string;
  /** Tag or name. */
  element?: string;
  /** Which of several elements with the same tag. */
  occurrence?: number;
  /** The value as text; fields of a cyclic record separated by ^. */
  text?: string;
  /** The value as bytes. */
  hex?: string;
  /** Where in a transparent file. */
  offset?: number;
  /** Idempotency key of the caller: new for every piece of business, the same when it is repeated. */
  op: string;
  /** Name of the reader. Without reader, card and lease: the only reader with a card. */
  reader?: string;
  /** Card handle; a handle of a card that was removed is answered with stale_card. */
  card?: string;
  /** Use the card under this lease instead of taking one for this call. */
  lease?: string;
  /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
  medium?: "contact" | "contactless" | "contact_first" | "contactless_first";
  /** Verify the PIN first: {"entry":"pinpad"} on the reader's keypad, or {"secret":"123456"}. */
  pin?: Pin;
  /** The answer comes within this time from receipt; the configuration sets default and maximum. */
  deadline_ms?: number;
}

export interface CardAuthenticateBeginParams {
  /** identity without it. */
  purpose?: "identity" | "key";
  /** With purpose key: RK1DF01, PUK ... */
  key?: string;
  /** With purpose key, instead of key: the key that this file asks for, DF01EF05 ... pin_needed: it wants the PIN as well. */
  file?: string;
  /** With file: for writing it, not for reading. */
  write?: boolean;
  /** How long to hold the card. */
  hold_ms?: number;
  /** Name of the reader. Without reader, card and lease: the only reader with a card. */
  reader?: string;
  /** Card handle; a handle of a card that was removed is answered with stale_card. */
  card?: string;
  /** Use the card under this lease instead of taking one for this call. */
  lease?: string;
  /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
  medium?: "contact" | "contactless" | "contact_first" | "contactless_first";
  /** The answer comes within this time from receipt; the configuration sets default and maximum. */
  deadline_ms?: number;
}

export interface CardAuthenticateCompleteParams {
  /** The machine's expected answer to the internal authentication. */
  internal?: string;
  /** The machine's authentication data for the card. */
  external?: string;
  /** Both as one line: auth16+original16|auth16+original16| */
  answer?: string;
  /** As in card.identity. */
  parts?: "basic" | "full";
  /** Name of the reader. Without reader, card and lease: the only reader with a card. */
  reader?: string;
  /** Card handle; a handle of a card that was removed is answered with stale_card. */
  card?: string;
  /** The lease that holds the card. */
  lease: string;
  /** The answer comes within this time from receipt; the configuration sets default and maximum. */
  deadline_ms?: number;
}

export interface PinVerifyParams {
  /** On the reader's keypad. */
  entry?: "pinpad";
  /** The PIN; used once, never stored or logged. */
  secret?: string;
  /** Only ask how many tries are left; costs none. */
  status?: boolean;
  /** Whose PIN: ed and ep mean the purse application's on a card that has both. */
  purse?: "medical" | "ed" | "ep";
  /** Name of the reader. Without reader, card and lease: the only reader with a card. */
  reader?: string;
  /** Card handle; a handle of a card that was removed is answered with stale_card. */
  card?: string;
  /** Use the card under this lease instead of taking one for this call. */
  lease?: string;
  /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
  medium?: "contact" | "contactless" | "contact_first" | "contactless_first";
  /** The answer comes within this time from receipt; the configuration sets default and maximum. */
  deadline_ms?: number;
}

export interface PinChangeParams {
  /** All on the reader's keypad. */
  entry?: "pinpad";
  /** The present PIN. */
  old?: string;
  /** The new PIN. */
  new?: string;
  /** As in pin.verify. */
  purse?: "medical" | "ed" | "ep";
  /** Idempotency key of the caller: new for every piece of business, the same when it is repeated. */
  op: string;
  /** Name of the reader. Without reader, card and lease: the only reader with a card. */
  reader?: string;
  /** Card handle; a handle of a card that was removed is answered with stale_card. */
  card?: string;
  /** Use the card under this lease instead of taking one for this call. */
  lease?: string;
  /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
  medium?: "contact" | "contactless" | "contact_first" | "contactless_first";
  /** The answer comes within this time from receipt; the configuration sets default and maximum. */
  deadline_ms?: number;
}

export interface PinReloadParams {
  /** The new PIN. */
  new?: string;
  /** Ask the card for the challenge that the back office needs. */
  remote?: boolean;
  /** The back office's whole command. */
  command?: string;
  /** As in pin.verify. A purse needs no key PUK; remote is for its PIN UNBLOCK. */
  purse?: "medical" | "ed" | "ep";
  /** Idempotency key of the caller: new for every piece of business, the same when it is repeated. */
  op: string;
  /** Name of the reader. Without reader, card and lease: the only reader with a card. */
  reader?: string;
  /** Card handle; a handle of a card that was removed is answered with stale_card. */
  card?: string;
  /** Use the card under this lease instead of taking one for this call. */
  lease?: string;
  /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
  medium?: "contact" | "contactless" | "contact_first" | "contactless_first";
  /** The answer comes within this time from receipt; the configuration sets default and maximum. */
  deadline_ms?: number;
}

export interface PinUnblockParams {
  /** For a purse, whose command carries the PIN: the old one or a new one. */
  new?: string;
  /** Ask the card for the challenge that the back office needs. */
  remote?: boolean;
  /** The back office's whole command. */
  command?: string;
  /** As in pin.verify. */
  purse?: "medical" | "ed" | "ep";
  /** Idempotency key of the caller: new for every piece of business, the same when it is repeated. */
  op: string;
  /** Name of the reader. Without reader, card and lease: the only reader with a card. */
  reader?: string;
  /** Card handle; a handle of a card that was removed is answered with stale_card. */
  card?: string;
  /** Use the card under this lease instead of taking one for this call. */
  lease?: string;
  /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
  medium?: "contact" | "contactless" | "contact_first" | "contactless_first";
  /** The answer comes within this time from receipt; the configuration sets default and maximum. */
  deadline_ms?: number;
}

export interface PurseBalanceParams {
  /** The card's first purse without it. */
  purse?: "medical" | "ed" | "ep";
  /** Name of the reader. Without reader, card and lease: the only reader with a card. */
  reader?: string;
  /** Card handle; a handle of a card that was removed is answered with stale_card. */
  card?: string;
  /** Use the card under this lease instead of taking one for this call. */
  lease?: string;
  /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
  medium?: "contact" | "contactless" | "contact_first" | "contactless_first";
  /** Verify the PIN first: {"entry":"pinpad"} on the reader's keypad, or {"secret":"123456"}. */
  pin?: Pin;
  /** The answer comes within this time from receipt; the configuration sets default and maximum. */
  deadline_ms?: number;
}

export interface PurseDebitParams {
  /** The card's first purse without it. */
  purse?: "medical" | "ed" | "ep";
  /** From the account. */
  amount: number;
  /** Medical purse: paid by the holder, for the yearly sum. */
  self_pay?: number;
  /** Medical purse: paid by the fund, for the yearly sum. */
  pooled?: number;
  /** YYYYMMDDhhmmss, the time of the sale; now without it. */
  time?: string;
  /** Idempotency key of the caller: new for every piece of business, the same when it is repeated. */
  op: string;
  /** Name of the reader. Without reader, card and lease: the only reader with a card. */
  reader?: string;
  /** Card handle; a handle of a card that was removed is answered with stale_card. */
  card?: string;
  /** Use the card under this lease instead of taking one for this call. */
  lease?: string;
  /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
  medium?: "contact" | "contactless" | "contact_first" | "contactless_first";
  /** Verify the PIN first: {"entry":"pinpad"} on the reader's keypad, or {"secret":"123456"}. */
  pin?: Pin;
  /** The answer comes within this time from receipt; the configuration sets default and maximum. */
  deadline_ms?: number;
}

export interface PurseDebitBeginParams {
  /** The card's first purse without it. */
  purse?: "medical" | "ed" | "ep";
  /** From the account. */
  amount: number;
  /** Medical purse: paid by the holder, for the yearly sum. */
  self_pay?: number;
  /** Medical purse: paid by the fund, for the yearly sum. */
  pooled?: number;
  /** Terminal number; the PSAM's without it, zeros without a PSAM. */
  terminal?: string;
  /** YYYYMMDDhhmmss, handed on to the host; now without it. What counts is the time of the second half. */
  time?: string;
  /** How long to hold the card. */
  hold_ms?: number;
  /** Idempotency key of the caller: new for every piece of business, the same when it is repeated. */
  op: string;
  /** Name of the reader. Without reader, card and lease: the only reader with a card. */
  reader?: string;
  /** Card handle; a handle of a card that was removed is answered with stale_card. */
  card?: string;
  /** Use the card under this lease instead of taking one for this call. */
  lease?: string;
  /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
  medium?: "contact" | "contactless" | "contact_first" | "contactless_first";
  /** Verify the PIN first: {"entry":"pinpad"} on the reader's keypad, or {"secret":"123456"}. */
  pin?: Pin;
  /** The answer comes within this time from receipt; the configuration sets default and maximum. */
  deadline_ms?: number;
}

export interface PurseDebitCompleteParams {
  /** The transaction, to be sure. */
  id?: number;
  /** The terminal transaction number that MAC1 was made with. */
  terminal_seq: string;
  /** YYYYMMDDhhmmss, the time that MAC1 was made with. */
  time: string;
  /** The key machine's MAC1. */
  mac1: string;
  /** Name of the reader. Without reader, card and lease: the only reader with a card. */
  reader?: string;
  /** Card handle; a handle of a card that was removed is answered with stale_card. */
  card?: string;
  /** The lease that holds the card. */
  lease: string;
  /** The answer comes within this time from receipt; the configuration sets default and maximum. */
  deadline_ms?: number;
}

export interface PurseDebitVerifiedParams {
  /** Its number. */
  id?: number;
  /** Its op key. */
  op?: string;
  /** The key machine's verdict. */
  mac2: "right" | "wrong";
  /** The answer comes within this time from receipt; the configuration sets default and maximum. */
  deadline_ms?: number;
}

export interface PurseLoadBeginParams {
  /** The card's first purse without it. */
  purse?: "medical" | "ed" | "ep";
  /** To load. */
  amount: number;
  /** Terminal number; the PSAM's without it. */
  terminal?: string;
  /** How long to hold the card. */
  hold_ms?: number;
  /** Idempotency key of the caller: new for every piece of business, the same when it is repeated. */
  op: string;
  /** Name of the reader. Without reader, card and lease: the only reader with a card. */
  reader?: string;
  /** Card handle; a handle of a card that was removed is answered with stale_card. */
  card?: string;
  /** Use the card under this lease instead of taking one for this call. */
  lease?: string;
  /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
  medium?: "contact" | "contactless" | "contact_first" | "contactless_first";
  /** Verify the PIN first: {"entry":"pinpad"} on the reader's keypad, or {"secret":"123456"}. */
  pin?: Pin;
  /** The answer comes within this time from receipt; the configuration sets default and maximum. */
  deadline_ms?: number;
}

export interface PurseLoadCompleteParams {
  /** The transaction, to be sure. */
  id?: number;
  /** YYYYMMDDhhmmss */
  host_time: string;
  /** The host's MAC2. */
  mac2: string;
  /** Name of the reader. Without reader, card and lease: the only reader with a card. */
  reader?: string;
  /** Card handle; a handle of a card that was removed is answered with stale_card. */
  card?: string;
  /** The lease that holds the card. */
  lease: string;
  /** The answer comes within this time from receipt; the configuration sets default and maximum. */
  deadline_ms?: number;
}

export interface PurseLogParams {
  /** The card's first purse without it. */
  purse?: "medical" | "ed" | "ep";
  /** Name of the reader. Without reader, card and lease: the only reader with a card. */
  reader?: string;
  /** Card handle; a handle of a card that was removed is answered with stale_card. */
  card?: string;
  /** Use the card under this lease instead of taking one for this call. */
  lease?: string;
  /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
  medium?: "contact" | "contactless" | "contact_first" | "contactless_first";
  /** Verify the PIN first: {"entry":"pinpad"} on the reader's keypad, or {"secret":"123456"}. */
  pin?: Pin;
  /** The answer comes within this time from receipt; the configuration sets default and maximum. */
  deadline_ms?: number;
}

export interface TxnGetParams {
  /** Its number. */
  id?: number;
  /** Its op key. */
  op?: string;
  /** The answer comes within this time from receipt; the configuration sets default and maximum. */
  deadline_ms?: number;
}

export interface TxnListParams {
  /** Of this card: its serial, as in txn.card. */
  serial?: string;
  /** Only those whose outcome is open. */
  unsettled?: boolean;
  /** At most so many, 20 without it. */
  limit?: number;
  /** Only numbers below this one, to page. */
  before?: number;
  /** The answer comes within this time from receipt; the configuration sets default and maximum. */
  deadline_ms?: number;
}

export interface TxnResolveParams {
  /** The transaction decided on. */
  id?: number;
  /** What the operator has found out. */
  decision?: "done" | "not_done";
  /** Name of the reader. Without reader, card and lease: the only reader with a card. */
  reader?: string;
  /** Card handle; a handle of a card that was removed is answered with stale_card. */
  card?: string;
  /** Use the card under this lease instead of taking one for this call. */
  lease?: string;
  /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
  medium?: "contact" | "contactless" | "contact_first" | "contactless_first";
  /** Verify the PIN first: {"entry":"pinpad"} on the reader's keypad, or {"secret":"123456"}. */
  pin?: Pin;
  /** The answer comes within this time from receipt; the configuration sets default and maximum. */
  deadline_ms?: number;
}

export interface CardResetParams {
  /** cold (the power goes off and on) without it. */
  kind?: "cold" | "warm";
  /** Name of the reader. Without reader, card and lease: the only reader with a card. */
  reader?: string;
  /** Card handle; a handle of a card that was removed is answered with stale_card. */
  card?: string;
  /** Use the card under this lease instead of taking one for this call. */
  lease?: string;
  /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
  medium?: "contact" | "contactless" | "contact_first" | "contactless_first";
  /** The answer comes within this time from receipt; the configuration sets default and maximum. */
  deadline_ms?: number;
}

export interface ApduTransmitParams {
  /** The command. */
  command: string;
  /** Name of the reader. Without reader, card and lease: the only reader with a card. */
  reader?: string;
  /** Card handle; a handle of a card that was removed is answered with stale_card. */
  card?: string;
  /** Use the card under this lease instead of taking one for this call. */
  lease?: string;
  /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
  medium?: "contact" | "contactless" | "contact_first" | "contactless_first";
  /** The answer comes within this time from receipt; the configuration sets default and maximum. */
  deadline_ms?: number;
}

export interface TraceStartParams {
  /** With PINs, keys and names. For test cards only. */
  unredacted?: boolean;
  /** Name of the reader. Without reader, card and lease: the only reader with a card. */
  reader?: string;
  /** The answer comes within this time from receipt; the configuration sets default and maximum. */
  deadline_ms?: number;
}

export interface TraceStopParams {
  /** The answer comes within this time; the client's own default without it. */
  deadline_ms?: number;
}

export interface SimInsertParams {
  /** Name of the reader. */
  reader: string;
  /** Name of a ready-made image, or a file; the card that was there before without it. A service started with --state knows each card again, in whichever reader: it comes back as it was left. */
  image?: string;
  /** The answer comes within this time; the client's own default without it. */
  deadline_ms?: number;
}

export interface SimRemoveParams {
  /** Name of the reader. */
  reader: string;
  /** The answer comes within this time; the client's own default without it. */
  deadline_ms?: number;
}

export interface SimFaultParams {
  /** Name of the reader. */
  reader: string;
  /** What goes wrong; none clears all. */
  kind: "none" | "mute" | "tear_before" | "tear_during" | "tear_after" | "lose_reply" | "timeout_after" | "garbage" | "status" | "status_after" | "wrong_mac" | "short" | "slow" | "swap";
  /** At the nth matching command from now on; 0: at every one; 1 without it. */
  nth?: number;
  /** Only commands of this class. */
  cla?: string;
  /** Only this instruction. */
  ins?: string;
  /** short: bytes left; slow: ms; tear_during: 1 nothing was written, 2 all was, 0 either. */
  arg?: number;
  /** status, status_after: the status word. */
  sw?: string;
  /** swap: the other card. */
  image?: string;
  /** The answer comes within this time; the client's own default without it. */
  deadline_ms?: number;
}

export interface SimPinParams {
  /** Name of the reader. */
  reader: string;
  /** Digits; empty: the holder cancels. */
  digits: string;
  /** The answer comes within this time; the client's own default without it. */
  deadline_ms?: number;
}

/** The methods that work under a lease. */
export const LEASED: ReadonlySet<string> = new Set([
  "card.acquire",
  "card.release",
  "card.info",
  "card.identity",
  "card.read",
  "card.write",
  "card.authenticate.begin",
  "card.authenticate.complete",
  "pin.verify",
  "pin.change",
  "pin.reload",
  "pin.unblock",
  "purse.balance",
  "purse.debit",
  "purse.debit.begin",
  "purse.debit.complete",
  "purse.load.begin",
  "purse.load.complete",
  "purse.log",
  "txn.resolve",
  "card.reset",
  "apdu.transmit",
]);

/** The errors that a client can meet by itself, as the service would tell them. */
export const LOCAL = {
  cancelled: { code: -6, en: "The call was cancelled.", zh: "操作已取消", remedyEn: "Start again if it is still wanted.", remedyZh: "如仍需要请重新操作" },
  daemon_absent: { code: -130, en: "The sscard service cannot be reached.", zh: "无法连接sscard服务", remedyEn: "Start it: systemctl start sscardd, or for a try: sscardd --sim", remedyZh: "请启动服务: systemctl start sscardd" },
  deadline_exceeded: { code: -5, en: "There was no answer within the time allowed.", zh: "在规定时间内没有应答", remedyEn: "Take the card out, put it back, and try again.", remedyZh: "请取出卡片重新插入后重试" },
  invalid_argument: { code: -1, en: "The request holds a value that is not allowed.", zh: "传入数据不合法", remedyEn: "Correct the value that the message names.", remedyZh: "请按提示改正传入的数据" },
  line_too_long: { code: -124, en: "The line is longer than the limit.", zh: "请求超过长度限制", remedyEn: "Send at most 64 KiB per line.", remedyZh: "每行最多64KiB" },
  parse_error: { code: -32700, en: "The line is not JSON.", zh: "请求不是有效的JSON", remedyEn: "Send one JSON object per line, in UTF-8.", remedyZh: "请每行发送一个UTF-8编码的JSON对象" },
  permission_denied: { code: -8, en: "The caller's role does not allow this.", zh: "没有权限执行该操作", remedyEn: "Ask the administrator to map the user to the role that the message names.", remedyZh: "请联系管理员分配提示的角色" },
} as const;

/** One function for each method of the service. */
export abstract class Methods {
  protected abstract call(method: string, params: object): Promise<unknown>;

  /** Who serves here, and what the caller may do. Role: viewer. */
  systemHello(params: SystemHelloParams = {}): Promise<SystemHelloResult> {
    return this.call("system.hello", params) as Promise<SystemHelloResult>;
  }

  /** Is everything that a sale needs in order? Each part is answered on its own. Role: viewer. */
  systemPing(params: SystemPingParams = {}): Promise<SystemPingResult> {
    return this.call("system.ping", params) as Promise<SystemPingResult>;
  }

  /** This table, as an OpenRPC document. Role: viewer. */
  rpcDiscover(params: RpcDiscoverParams = {}): Promise<Record<string, unknown>> {
    return this.call("rpc.discover", params) as Promise<Record<string, unknown>>;
  }

  /** Gives up a call of the same connection. It is then answered with the symbol cancelled. A write that the card has already begun is not cancelled. Role: viewer. */
  rpcCancel(params: RpcCancelParams): Promise<RpcCancelResult> {
    return this.call("rpc.cancel", params) as Promise<RpcCancelResult>;
  }

  /** All readers and what is in them. Role: viewer. */
  readerList(params: ReaderListParams = {}): Promise<ReaderListResult> {
    return this.call("reader.list", params) as Promise<ReaderListResult>;
  }

  /** A snapshot, then a notification for everything that changes: {"jsonrpc":"2.0","method":"event","params":{seq, type, ..}}. Types: reader.added, reader.removed, card.inserted, card.removed, card.mute, reader.wedged, reader.recovered, lease.granted, lease.released, txn.settled, txn.unknown, service.lost, service.back, subscription.dropped. Numbers have no gap; missed are those since from_seq, when they are still known. Amounts and op of a transaction are told only to its owner and to operators. Role: viewer. */
  eventsSubscribe(params: EventsSubscribeParams = {}): Promise<EventsSubscribeResult> {
    return this.call("events.subscribe", params) as Promise<EventsSubscribeResult>;
  }

  /** No more events on this connection. Role: viewer. */
  eventsUnsubscribe(params: EventsUnsubscribeParams = {}): Promise<void> {
    return this.call("events.unsubscribe", params) as Promise<void>;
  }

  /** Answers as soon as a card is there, or is gone. When the time is over: no_card when none came, card_still_there when it was not taken out; card_mute when one came that does not answer. Role: reader. */
  cardWait(params: CardWaitParams = {}): Promise<CardWaitResult> {
    return this.call("card.wait", params) as Promise<CardWaitResult>;
  }

  /** Takes the card for several calls, first come first served. The lease ends when it is released, when hold_ms is over, when the connection closes, when the card is removed. PIN and key rights do not outlive it. Role: reader. */
  cardAcquire(params: CardAcquireParams = {}): Promise<CardAcquireResult> {
    return this.call("card.acquire", params) as Promise<CardAcquireResult>;
  }

  /** Gives the card back. Role: reader. */
  cardRelease(params: CardReleaseParams): Promise<void> {
    return this.call("card.release", params) as Promise<void>;
  }

  /** What kind of card this is: answer to reset explained, generation, algorithm, city, purses. Role: reader. */
  cardInfo(params: CardInfoParams = {}): Promise<CardInfoResult> {
    return this.call("card.info", params) as Promise<CardInfoResult>;
  }

  /** Who holds the card, and whether it is genuine. need_remote_authentication: go on with card.authenticate.begin. Role: reader. */
  cardIdentity(params: CardIdentityParams = {}): Promise<Identity> {
    return this.call("card.identity", params) as Promise<Identity>;
  }

  /** Reads a file, or some of its elements. Role: reader. */
  cardRead(params: CardReadParams): Promise<CardReadResult> {
    return this.call("card.read", params) as Promise<CardReadResult>;
  }

  /** Writes one element, or appends a record to a cyclic file. Role: perso. */
  cardWrite(params: CardWriteParams): Promise<CardWriteResult> {
    return this.call("card.write", params) as Promise<CardWriteResult>;
  }

  /** First half of an authentication by the back office's key machine: holds the card and hands out what the machine needs. For a key, key or file says which; remote_authentication_not_needed when the file opens without one. Role: reader. */
  cardAuthenticateBegin(params: CardAuthenticateBeginParams = {}): Promise<CardAuthenticateBeginResult> {
    return this.call("card.authenticate.begin", params) as Promise<CardAuthenticateBeginResult>;
  }

  /** Second half: the machine's answer. For purpose identity it answers as card.identity; for purpose key the key's rights are open for the rest of the lease. Role: reader. */
  cardAuthenticateComplete(params: CardAuthenticateCompleteParams): Promise<CardAuthenticateCompleteResult> {
    return this.call("card.authenticate.complete", params) as Promise<CardAuthenticateCompleteResult>;
  }

  /** Verifies the holder's PIN. Its rights last as long as the lease. Role: reader. */
  pinVerify(params: PinVerifyParams = {}): Promise<PinVerifyResult> {
    return this.call("pin.verify", params) as Promise<PinVerifyResult>;
  }

  /** Changes the PIN. Role: reader. */
  pinChange(params: PinChangeParams): Promise<PinChangeResult> {
    return this.call("pin.change", params) as Promise<PinChangeResult>;
  }

  /** Sets a new PIN without the old one, through PSAM or key file. Without them (need_remote_authentication): card.authenticate.begin and complete for the key PUK; then op, remote and lease answer the card's challenge; then op, lease and command send the back office's command. Role: operator. */
  pinReload(params: PinReloadParams): Promise<PinReloadResult> {
    return this.call("pin.reload", params) as Promise<PinReloadResult>;
  }

  /** Gives the PIN its tries back, through PSAM or key file. Without them, as for pin.reload: the key PUK, then remote, then command. Role: operator. */
  pinUnblock(params: PinUnblockParams): Promise<PinUnblockResult> {
    return this.call("pin.unblock", params) as Promise<PinUnblockResult>;
  }

  /** The balance in fen. Role: reader. */
  purseBalance(params: PurseBalanceParams = {}): Promise<PurseBalanceResult> {
    return this.call("purse.balance", params) as Promise<PurseBalanceResult>;
  }

  /** Takes money. It is journalled before the card acts; a repeated op answers what happened and touches nothing. outcome_unknown: insert the same card again. Role: biller. */
  purseDebit(params: PurseDebitParams): Promise<PurseDebitResult> {
    return this.call("purse.debit", params) as Promise<PurseDebitResult>;
  }

  /** Debit with the back office's key machine, first half: holds the card and hands out what MAC1 needs. Nothing has moved yet; a debit that is not completed under its lease is abandoned. A repeated op answers what happened. Role: biller. */
  purseDebitBegin(params: PurseDebitBeginParams): Promise<PurseDebitBeginResult> {
    return this.call("purse.debit.begin", params) as Promise<PurseDebitBeginResult>;
  }

  /** Second half: the key machine's answer. It is journalled, then sent to the card once. MAC2 is not checked here (mac2_checked is false): hand mac2 and tac to the key machine, pass on what it says with purse.debit.verified, and give no goods when it refuses them. With id, a second complete answers what happened and touches nothing. Role: biller. */
  purseDebitComplete(params: PurseDebitCompleteParams): Promise<PurseDebitCompleteResult> {
    return this.call("purse.debit.complete", params) as Promise<PurseDebitCompleteResult>;
  }

  /** What the back office's key machine says of the MAC2 and TAC of a debit whose mac2_checked is false (evidence reply_unchecked or proof_tac; unknown with mac2 and tac: the card has shown its proof and wants the PIN for the rest, and right settles it). right: evidence host_mac2. wrong: it is answered with debit_disputed, as is every repeat of the op from then on; the row is unproven, evidence host_mac2_wrong, until an operator decides (txn.resolve). Journalled before it is answered; said again it changes nothing, said otherwise it is verdict_conflict. No card is needed. Role: biller. */
  purseDebitVerified(params: PurseDebitVerifiedParams): Promise<PurseDebitVerifiedResult> {
    return this.call("purse.debit.verified", params) as Promise<PurseDebitVerifiedResult>;
  }

  /** First half of a load: holds the card and hands out what the host needs. Role: biller. */
  purseLoadBegin(params: PurseLoadBeginParams): Promise<PurseLoadBeginResult> {
    return this.call("purse.load.begin", params) as Promise<PurseLoadBeginResult>;
  }

  /** Second half: the host's answer. Role: biller. */
  purseLoadComplete(params: PurseLoadCompleteParams): Promise<PurseLoadCompleteResult> {
    return this.call("purse.load.complete", params) as Promise<PurseLoadCompleteResult>;
  }

  /** The card's own transaction log, newest first. Role: reader. */
  purseLog(params: PurseLogParams = {}): Promise<PurseLogResult> {
    return this.call("purse.log", params) as Promise<PurseLogResult>;
  }

  /** One transaction of the journal, by id or op. Others' transactions are seen by operators. Role: biller. */
  txnGet(params: TxnGetParams = {}): Promise<TxnGetResult> {
    return this.call("txn.get", params) as Promise<TxnGetResult>;
  }

  /** Transactions of the journal, newest first. Role: biller. */
  txnList(params: TxnListParams = {}): Promise<TxnListResult> {
    return this.call("txn.list", params) as Promise<TxnListResult>;
  }

  /** Asks the card about its open transactions; a card that has to show its balance for that wants its PIN. With id and decision: an operator's word on one that no card can prove. Role: biller. */
  txnResolve(params: TxnResolveParams = {}): Promise<TxnResolveResult> {
    return this.call("txn.resolve", params) as Promise<TxnResolveResult>;
  }

  /** Resets the card. What a two-step has begun on it is given up, PIN and key rights are gone. Role: admin. */
  cardReset(params: CardResetParams = {}): Promise<CardResetResult> {
    return this.call("card.reset", params) as Promise<CardResetResult>;
  }

  /** One raw command. The commands that move money are refused: money goes through the journal. With reader, or with a lease that an administrator took on it, also in the slot of a PSAM: the service lends it out, and opens its own session again when the lease is over. Role: admin. */
  apduTransmit(params: ApduTransmitParams): Promise<ApduTransmitResult> {
    return this.call("apdu.transmit", params) as Promise<ApduTransmitResult>;
  }

  /** Every exchange as a notification {"method":"trace","params":{reader, line}}, redacted. A card that nobody holds is powered anew, so that the trace has all of its answers. Role: admin. */
  traceStart(params: TraceStartParams = {}): Promise<void> {
    return this.call("trace.start", params) as Promise<void>;
  }

  /** No more trace lines on this connection. Role: admin. */
  traceStop(params: TraceStopParams = {}): Promise<void> {
    return this.call("trace.stop", params) as Promise<void>;
  }

  /** Puts a simulated card into a simulated reader. Role: admin. */
  simInsert(params: SimInsertParams): Promise<void> {
    return this.call("sim.insert", params) as Promise<void>;
  }

  /** Takes the simulated card out. Role: admin. */
  simRemove(params: SimRemoveParams): Promise<void> {
    return this.call("sim.remove", params) as Promise<void>;
  }

  /** Makes the simulated card misbehave. Role: admin. */
  simFault(params: SimFaultParams): Promise<void> {
    return this.call("sim.fault", params) as Promise<void>;
  }

  /** What the simulated holder types on the reader's keypad. Role: admin. */
  simPin(params: SimPinParams): Promise<void> {
    return this.call("sim.pin", params) as Promise<void>;
  }
}
