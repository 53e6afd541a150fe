# SPDX-License-Identifier: Apache-2.0
# Made by middleware/client/generate.py from what sscardd says of itself; do not edit.
"""What the service answers. A newer service may add members: they are passed on."""
from typing import Any, Dict, List, Optional, TypedDict

__all__ = (
    "Text", "Owner", "ReaderLease", "Reader", "Identity", "Remote", "TxnError", "Txn", "Event", "Trace",
    "ErrorData", "SystemHelloResultLimits", "SystemHelloResult", "SystemPingResultDaemon", "SystemPingResultPcsc",
    "SystemPingResultReaders", "SystemPingResultPsam", "SystemPingResultHsm", "SystemPingResultJournal",
    "SystemPingResultLink", "SystemPingResult", "RpcCancelResult", "ReaderListResult", "EventsSubscribeResult",
    "CardWaitResult", "Expect", "CardAcquireResult", "CardInfoResultAtrItems", "CardInfoResultHistorical",
    "CardInfoResult", "Pin", "CardReadResultValues", "CardReadResult", "CardWriteResult",
    "CardAuthenticateBeginResult", "CardAuthenticateCompleteResult", "PinVerifyResult", "PinChangeResult",
    "PinReloadResult", "PinUnblockResult", "PurseBalanceResult", "PurseDebitResult", "PurseDebitBeginResultHost",
    "PurseDebitBeginResult", "PurseDebitCompleteResult", "PurseDebitVerifiedResult", "PurseLoadBeginResultHost",
    "PurseLoadBeginResult", "PurseLoadCompleteResult", "PurseLogResultEntries", "PurseLogResult", "TxnGetResult",
    "TxnListResult", "TxnResolveResult", "CardResetResult", "ApduTransmitResult"
)


class Text(TypedDict):
    """The same sentence in two languages."""
    en: str
    zh: str


class Owner(TypedDict):
    """Who holds a card."""
    pid: int
    uid: int
    program: str


class ReaderLease(TypedDict):
    owner: Owner
    since: str
    expires: Optional[str]


class Reader(TypedDict):
    """A reader and what is in it."""
    name: str
    state: str  # empty | card | mute | gone | wedged
    medium: str  # contact | contactless | sam
    card: Optional[str]
    atr: Optional[str]
    pin_pad: bool
    in_use: bool
    since: str
    lease: Optional[ReaderLease]
    queue: int


class _Identity(TypedDict):
    area_code: str
    citizen_id: str
    card_number: str
    card_id: str
    name: str
    reset_info: str
    version: str
    issue_date: str
    expiry_date: str
    terminal_number: str
    device_number: str
    sex: str
    ethnic_group: str
    birth_place: str
    birth_date: str
    card_class: str
    issuer: str
    genuine: str  # yes | no | not_checked
    test_keys: bool
    findings: List[str]
    line: str
    exchanges: int
    elapsed_ms: int


class Identity(_Identity, total=False):
    """The holder, and whether the card is genuine. What was not read is an empty text."""
    wire_ms: float


class Remote(TypedDict):
    """What the back office's key machine works on."""
    factor: str
    original: str


class _TxnError(TypedDict):
    symbol: str


class TxnError(_TxnError, total=False):
    sw: str


class _Txn(TypedDict):
    id: int
    op: str
    kind: str  # debit | load
    purse: str  # medical | ed | ep
    state: str  # prepared | armed | debited | credited | confirmed | refused | abandoned | unknown | not_debited | not_credited | unproven
    evidence: str  # none | reply_mac2 | proof_mac2 | proof_tac | status_word | never_sent | card_unchanged | conflict | operator | load_tac | reply_unchecked | host_mac2 | host_mac2_wrong
    final: bool
    amount: int
    self_pay: int
    pooled: int
    balance_before: Optional[int]
    balance_after: Optional[int]
    card: str
    counter: int
    terminal: str
    terminal_seq: str
    time: str
    type: str
    key_version: str
    algorithm: str
    tac: Optional[str]
    mac2: Optional[str]
    mac2_checked: bool
    test_keys: bool
    reader: str
    created: str
    updated: str


class Txn(_Txn, total=False):
    """A row of the journal."""
    error: TxnError


class _Event(TypedDict):
    seq: int
    type: str  # reader.added | reader.removed | card.inserted | card.removed | card.mute | reader.wedged | reader.recovered | lease.granted | lease.released | txn.settled | txn.unknown | service.lost | service.back | subscription.dropped


class Event(_Event, total=False):
    """params of the notification "event". txn is a Txn; others than its owner and operators see a part of it."""
    reader: str
    medium: str
    card: str
    atr: Optional[str]
    owner: Owner
    reason: str
    txn: Dict[str, Any]


class Trace(TypedDict):
    """params of the notification "trace"."""
    reader: str
    line: str


class _ErrorData(TypedDict):
    symbol: str
    text: Text
    remedy: Text


class ErrorData(_ErrorData, total=False):
    """data of an error object."""
    detail: str
    detail_zh: str
    sw: str
    sw_name: str
    sw_text: Text
    tries: int
    txn: Txn


class SystemHelloResultLimits(TypedDict):
    line_bytes: int
    depth: int
    calls: int
    deadline_ms: int
    max_deadline_ms: int
    lease_ms: int
    max_lease_ms: int
    clients: int


class SystemHelloResult(TypedDict):
    protocol: int
    protocols: List[int]
    server: str
    version: str
    role: str
    features: List[str]
    limits: SystemHelloResultLimits


class SystemPingResultDaemon(TypedDict):
    ok: bool
    version: str
    pid: int
    uptime_ms: int
    clients: int
    calls: int


class SystemPingResultPcsc(TypedDict):
    ok: bool
    driver: str


class SystemPingResultReaders(TypedDict):
    name: str
    ok: bool
    state: str


class _SystemPingResultPsam(TypedDict):
    reader: str
    ok: bool
    state: str  # ready | opening | lent | fault


class SystemPingResultPsam(_SystemPingResultPsam, total=False):
    serial: str
    terminal: str
    algorithms: List[str]
    error: str


class SystemPingResultHsm(TypedDict):
    configured: bool


class _SystemPingResultJournal(TypedDict):
    ok: bool
    unsettled: int
    file: str


class SystemPingResultJournal(_SystemPingResultJournal, total=False):
    gone: bool
    error: str


class SystemPingResultLink(TypedDict):
    configured: bool


class SystemPingResult(TypedDict):
    daemon: SystemPingResultDaemon
    pcsc: SystemPingResultPcsc
    readers: List[SystemPingResultReaders]
    psam: List[SystemPingResultPsam]
    hsm: SystemPingResultHsm
    journal: SystemPingResultJournal
    link: SystemPingResultLink
    test_keys: bool


class RpcCancelResult(TypedDict):
    cancelled: bool
    card_touched: bool


class ReaderListResult(TypedDict):
    seq: int
    readers: List[Reader]


class _EventsSubscribeResult(TypedDict):
    seq: int
    readers: List[Reader]


class EventsSubscribeResult(_EventsSubscribeResult, total=False):
    missed: List[Event]


class CardWaitResult(TypedDict):
    reader: str
    card: Optional[str]
    atr: Optional[str]


class Expect(TypedDict, total=False):
    card_id: str
    card_number: str


class CardAcquireResult(TypedDict):
    lease: str
    card: str
    reader: str
    expires: str


class CardInfoResultAtrItems(TypedDict):
    item: str
    item_zh: str
    meaning: str
    meaning_zh: str


class _CardInfoResultHistorical(TypedDict):
    chip_maker: str
    card_maker: str
    region: str
    serial: str


class CardInfoResultHistorical(_CardInfoResultHistorical, total=False):
    chip_maker_name: str
    card_maker_name: str


class _CardInfoResult(TypedDict):
    reader: str
    card: str
    atr: str
    atr_items: List[CardInfoResultAtrItems]
    protocol: str
    kind: str  # ssc | pboc | unknown


class CardInfoResult(_CardInfoResult, total=False):
    generation: str
    version: str
    algorithm: str
    city: str
    historical: CardInfoResultHistorical
    purses: List[str]


class Pin(TypedDict, total=False):
    entry: str  # pinpad
    secret: str


class _CardReadResultValues(TypedDict):
    tag: str
    record: int
    text: str
    text_valid: bool
    hex: str


class CardReadResultValues(_CardReadResultValues, total=False):
    key: str
    zh: str
    en: str


class CardReadResult(TypedDict):
    file: str
    zh: str
    en: str
    values: List[CardReadResultValues]


class CardWriteResult(TypedDict):
    repeated: bool


class _CardAuthenticateBeginResult(TypedDict):
    lease: str
    expires: str
    card: str
    reader: str
    area_code: str
    reset_info: str
    algorithm: str
    card_id: str


class CardAuthenticateBeginResult(_CardAuthenticateBeginResult, total=False):
    line: str
    internal: Remote
    external: Remote
    key: str
    reference: str
    address: Optional[str]
    pin_needed: bool


class CardAuthenticateCompleteResult(TypedDict, total=False):
    area_code: str
    citizen_id: str
    card_number: str
    card_id: str
    name: str
    reset_info: str
    version: str
    issue_date: str
    expiry_date: str
    terminal_number: str
    device_number: str
    sex: str
    ethnic_group: str
    birth_place: str
    birth_date: str
    card_class: str
    issuer: str
    genuine: str  # yes | no | not_checked
    test_keys: bool
    findings: List[str]
    line: str
    exchanges: int
    elapsed_ms: int
    wire_ms: float
    key: str


class PinVerifyResult(TypedDict, total=False):
    tries_left: Optional[int]


class PinChangeResult(TypedDict):
    repeated: bool


class PinReloadResult(TypedDict, total=False):
    repeated: bool
    challenge: str
    header: str
    algorithm: str
    address: Optional[str]


class PinUnblockResult(TypedDict, total=False):
    repeated: bool
    challenge: str
    header: str
    algorithm: str
    address: Optional[str]


class _PurseBalanceResult(TypedDict):
    purse: str
    amount: int


class PurseBalanceResult(_PurseBalanceResult, total=False):
    year_self_pay: int
    year_pooled: int
    year: int
    overdraft: int


class PurseDebitResult(TypedDict):
    txn: Txn
    repeated: bool


class PurseDebitBeginResultHost(TypedDict):
    algorithm: str
    key_version: str
    key_index: str
    address: Optional[str]
    random: str
    counter: int
    balance: int
    amount: int
    self_pay: int
    pooled: int
    type: str
    terminal: str
    time: str
    area_code: Optional[str]
    reset_info: Optional[str]


class _PurseDebitBeginResult(TypedDict):
    txn: Txn


class PurseDebitBeginResult(_PurseDebitBeginResult, total=False):
    lease: str
    expires: str
    card: str
    reader: str
    repeated: bool
    host: PurseDebitBeginResultHost


class PurseDebitCompleteResult(TypedDict):
    txn: Txn
    mac2: str
    tac: str
    repeated: bool


class PurseDebitVerifiedResult(TypedDict):
    txn: Txn
    repeated: bool


class PurseLoadBeginResultHost(TypedDict):
    random: str
    counter: int
    balance: int
    mac1: str
    key_version: str
    algorithm: str
    terminal: str
    type: str
    amount: int
    area_code: Optional[str]
    reset_info: Optional[str]


class _PurseLoadBeginResult(TypedDict):
    txn: Txn


class PurseLoadBeginResult(_PurseLoadBeginResult, total=False):
    lease: str
    expires: str
    card: str
    reader: str
    repeated: bool
    host: PurseLoadBeginResultHost


class PurseLoadCompleteResult(TypedDict):
    txn: Txn


class PurseLogResultEntries(TypedDict):
    record: int
    counter: int
    type: str
    amount: int
    self_pay: int
    pooled: int
    terminal: str
    time: str


class PurseLogResult(TypedDict):
    purse: str
    entries: List[PurseLogResultEntries]


class TxnGetResult(TypedDict):
    txn: Txn


class TxnListResult(TypedDict):
    txns: List[Txn]
    more: bool


class TxnResolveResult(TypedDict):
    settled: int
    txns: List[Txn]


class CardResetResult(TypedDict):
    atr: str
    protocol: str


class ApduTransmitResult(TypedDict):
    response: str
    data: str
    sw: str
    sw_name: str
    sw_text: Text


PROTOCOL = 1

# Every symbol of an error, and its number.
SYMBOLS: Dict[str, int] = {
    "invalid_argument": -1,
    "buffer_too_small": -2,
    "out_of_memory": -3,
    "internal_error": -4,
    "deadline_exceeded": -5,
    "cancelled": -6,
    "not_supported": -7,
    "permission_denied": -8,
    "crypto_failure": -9,
    "io_error": -10,
    "reader_service_absent": -20,
    "reader_not_found": -21,
    "reader_removed": -22,
    "reader_wedged": -23,
    "reader_busy": -24,
    "reader_io_error": -25,
    "no_card": -26,
    "card_removed": -27,
    "card_mute": -28,
    "card_unpowered": -29,
    "card_reset": -30,
    "protocol_mismatch": -31,
    "stale_card": -32,
    "reader_access_denied": -33,
    "card_still_there": -34,
    "not_social_security_card": -40,
    "bad_response": -41,
    "bad_atr": -42,
    "bad_text": -43,
    "card_misbehaves": -44,
    "card_mismatch": -45,
    "card_id_format": -46,
    "card_status": -47,
    "file_unknown": -48,
    "card_not_genuine": -60,
    "no_psam": -61,
    "psam_algorithm": -62,
    "psam_no_rkssse": -63,
    "psam_key_level": -64,
    "psam_key_missing": -65,
    "need_remote_authentication": -66,
    "remote_authentication_not_needed": -67,
    "external_authentication_failed": -68,
    "authentication_not_begun": -69,
    "test_keys_refused": -70,
    "access_denied": -71,
    "psam_refused": -72,
    "pin_wrong": -80,
    "pin_locked": -81,
    "pin_cancelled": -82,
    "pin_timeout": -83,
    "pin_length": -84,
    "pin_mismatch": -85,
    "pin_required": -86,
    "no_pin_pad": -87,
    "insufficient_funds": -100,
    "no_purse": -101,
    "outcome_unknown": -102,
    "unsettled_transaction": -103,
    "transaction_unproven": -104,
    "journal_unavailable": -105,
    "journal_corrupt": -106,
    "op_required": -107,
    "op_conflict": -108,
    "op_in_progress": -109,
    "mac_wrong": -110,
    "transaction_not_found": -111,
    "load_not_begun": -112,
    "counter_exhausted": -113,
    "card_blocked": -114,
    "nothing_moved": -115,
    "debit_not_begun": -116,
    "debit_disputed": -117,
    "verdict_conflict": -118,
    "parse_error": -32700,
    "invalid_request": -32600,
    "method_not_found": -32601,
    "invalid_params": -32602,
    "line_too_long": -124,
    "too_many_clients": -125,
    "lease_required": -126,
    "lease_invalid": -127,
    "queue_full": -128,
    "shutting_down": -129,
    "daemon_absent": -130,
    "slow_client": -131,
    "already_running": -132,
    "config_invalid": -133,
    "card_image_invalid": -134,
    "file_missing": -135,
    "file_exists": -136,
}


# The errors that a client can meet by itself, as the service would tell them.
LOCAL: Dict[str, Any] = {
    "cancelled": {'code': -6, 'message': 'The call was cancelled.', 'data': {'symbol': 'cancelled', 'text': {'en': 'The call was cancelled.', 'zh': '操作已取消'}, 'remedy': {'en': 'Start again if it is still wanted.', 'zh': '如仍需要请重新操作'}}},
    "daemon_absent": {'code': -130, 'message': 'The sscard service cannot be reached.', 'data': {'symbol': 'daemon_absent', 'text': {'en': 'The sscard service cannot be reached.', 'zh': '无法连接sscard服务'}, 'remedy': {'en': 'Start it: systemctl start sscardd, or for a try: sscardd --sim', 'zh': '请启动服务: systemctl start sscardd'}}},
    "deadline_exceeded": {'code': -5, 'message': 'There was no answer within the time allowed.', 'data': {'symbol': 'deadline_exceeded', 'text': {'en': 'There was no answer within the time allowed.', 'zh': '在规定时间内没有应答'}, 'remedy': {'en': 'Take the card out, put it back, and try again.', 'zh': '请取出卡片重新插入后重试'}}},
    "invalid_argument": {'code': -1, 'message': 'The request holds a value that is not allowed.', 'data': {'symbol': 'invalid_argument', 'text': {'en': 'The request holds a value that is not allowed.', 'zh': '传入数据不合法'}, 'remedy': {'en': 'Correct the value that the message names.', 'zh': '请按提示改正传入的数据'}}},
    "line_too_long": {'code': -124, 'message': 'The line is longer than the limit.', 'data': {'symbol': 'line_too_long', 'text': {'en': 'The line is longer than the limit.', 'zh': '请求超过长度限制'}, 'remedy': {'en': 'Send at most 64 KiB per line.', 'zh': '每行最多64KiB'}}},
    "parse_error": {'code': -32700, 'message': 'The line is not JSON.', 'data': {'symbol': 'parse_error', 'text': {'en': 'The line is not JSON.', 'zh': '请求不是有效的JSON'}, 'remedy': {'en': 'Send one JSON object per line, in UTF-8.', 'zh': '请每行发送一个UTF-8编码的JSON对象'}}},
    "permission_denied": {'code': -8, 'message': "The caller's role does not allow this.", 'data': {'symbol': 'permission_denied', 'text': {'en': "The caller's role does not allow this.", 'zh': '没有权限执行该操作'}, 'remedy': {'en': 'Ask the administrator to map the user to the role that the message names.', 'zh': '请联系管理员分配提示的角色'}}},
}
