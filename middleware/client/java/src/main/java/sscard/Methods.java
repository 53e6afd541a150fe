// SPDX-License-Identifier: Apache-2.0
// Made by middleware/client/generate.py from what sscardd says of itself; do not edit.
package sscard;

import com.google.gson.annotations.SerializedName;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** One function for each method of the service. What may be absent is null. docs/api.md says more. */
public abstract class Methods {
    public static final int PROTOCOL = 1;

    /** The methods that work under a lease. */
    static final Set<String> LEASED = Set.of(
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
            "apdu.transmit");

    /** The errors that a client can meet by itself, as the service would tell them. */
    static final Map<String, SscardException.Known> LOCAL = Map.of(
            "cancelled", new SscardException.Known(-6,
                    "The call was cancelled.",
                    "操作已取消",
                    "Start again if it is still wanted.",
                    "如仍需要请重新操作"),
            "daemon_absent", new SscardException.Known(-130,
                    "The sscard service cannot be reached.",
                    "无法连接sscard服务",
                    "Start it: systemctl start sscardd, or for a try: sscardd --sim",
                    "请启动服务: systemctl start sscardd"),
            "deadline_exceeded", new SscardException.Known(-5,
                    "There was no answer within the time allowed.",
                    "在规定时间内没有应答",
                    "Take the card out, put it back, and try again.",
                    "请取出卡片重新插入后重试"),
            "invalid_argument", new SscardException.Known(-1,
                    "The request holds a value that is not allowed.",
                    "传入数据不合法",
                    "Correct the value that the message names.",
                    "请按提示改正传入的数据"),
            "line_too_long", new SscardException.Known(-124,
                    "The line is longer than the limit.",
                    "请求超过长度限制",
                    "Send at most 64 KiB per line.",
                    "每行最多64KiB"),
            "parse_error", new SscardException.Known(-32700,
                    "The line is not JSON.",
                    "请求不是有效的JSON",
                    "Send one JSON object per line, in UTF-8.",
                    "请每行发送一个UTF-8编码的JSON对象"),
            "permission_denied", new SscardException.Known(-8,
                    "The caller's role does not allow this.",
                    "没有权限执行该操作",
                    "Ask the administrator to map the user to the role that the message names.",
                    "请联系管理员分配提示的角色"));

    /** The symbols of errors: what programs switch on. */
    public static final class Symbols {
        public static final String INVALID_ARGUMENT = "invalid_argument";
        public static final String BUFFER_TOO_SMALL = "buffer_too_small";
        public static final String OUT_OF_MEMORY = "out_of_memory";
        public static final String INTERNAL_ERROR = "internal_error";
        public static final String DEADLINE_EXCEEDED = "deadline_exceeded";
        public static final String CANCELLED = "cancelled";
        public static final String NOT_SUPPORTED = "not_supported";
        public static final String PERMISSION_DENIED = "permission_denied";
        public static final String CRYPTO_FAILURE = "crypto_failure";
        public static final String IO_ERROR = "io_error";
        public static final String READER_SERVICE_ABSENT = "reader_service_absent";
        public static final String READER_NOT_FOUND = "reader_not_found";
        public static final String READER_REMOVED = "reader_removed";
        public static final String READER_WEDGED = "reader_wedged";
        public static final String READER_BUSY = "reader_busy";
        public static final String READER_IO_ERROR = "reader_io_error";
        public static final String NO_CARD = "no_card";
        public static final String CARD_REMOVED = "card_removed";
        public static final String CARD_MUTE = "card_mute";
        public static final String CARD_UNPOWERED = "card_unpowered";
        public static final String CARD_RESET = "card_reset";
        public static final String PROTOCOL_MISMATCH = "protocol_mismatch";
        public static final String STALE_CARD = "stale_card";
        public static final String READER_ACCESS_DENIED = "reader_access_denied";
        public static final String CARD_STILL_THERE = "card_still_there";
        public static final String NOT_SOCIAL_SECURITY_CARD = "not_social_security_card";
        public static final String BAD_RESPONSE = "bad_response";
        public static final String BAD_ATR = "bad_atr";
        public static final String BAD_TEXT = "bad_text";
        public static final String CARD_MISBEHAVES = "card_misbehaves";
        public static final String CARD_MISMATCH = "card_mismatch";
        public static final String CARD_ID_FORMAT = "card_id_format";
        public static final String CARD_STATUS = "card_status";
        public static final String FILE_UNKNOWN = "file_unknown";
        public static final String CARD_NOT_GENUINE = "card_not_genuine";
        public static final String NO_PSAM = "no_psam";
        public static final String PSAM_ALGORITHM = "psam_algorithm";
        public static final String PSAM_NO_RKSSSE = "psam_no_rkssse";
        public static final String PSAM_KEY_LEVEL = "psam_key_level";
        public static final String PSAM_KEY_MISSING = "psam_key_missing";
        public static final String NEED_REMOTE_AUTHENTICATION = "need_remote_authentication";
        public static final String REMOTE_AUTHENTICATION_NOT_NEEDED = "remote_authentication_not_needed";
        public static final String EXTERNAL_AUTHENTICATION_FAILED = "external_authentication_failed";
        public static final String AUTHENTICATION_NOT_BEGUN = "authentication_not_begun";
        public static final String TEST_KEYS_REFUSED = "test_keys_refused";
        public static final String ACCESS_DENIED = "access_denied";
        public static final String PSAM_REFUSED = "psam_refused";
        public static final String PIN_WRONG = "pin_wrong";
        public static final String PIN_LOCKED = "pin_locked";
        public static final String PIN_CANCELLED = "pin_cancelled";
        public static final String PIN_TIMEOUT = "pin_timeout";
        public static final String PIN_LENGTH = "pin_length";
        public static final String PIN_MISMATCH = "pin_mismatch";
        public static final String PIN_REQUIRED = "pin_required";
        public static final String NO_PIN_PAD = "no_pin_pad";
        public static final String INSUFFICIENT_FUNDS = "insufficient_funds";
        public static final String NO_PURSE = "no_purse";
        public static final String OUTCOME_UNKNOWN = "outcome_unknown";
        public static final String UNSETTLED_TRANSACTION = "unsettled_transaction";
        public static final String TRANSACTION_UNPROVEN = "transaction_unproven";
        public static final String JOURNAL_UNAVAILABLE = "journal_unavailable";
        public static final String JOURNAL_CORRUPT = "journal_corrupt";
        public static final String OP_REQUIRED = "op_required";
        public static final String OP_CONFLICT = "op_conflict";
        public static final String OP_IN_PROGRESS = "op_in_progress";
        public static final String MAC_WRONG = "mac_wrong";
        public static final String TRANSACTION_NOT_FOUND = "transaction_not_found";
        public static final String LOAD_NOT_BEGUN = "load_not_begun";
        public static final String COUNTER_EXHAUSTED = "counter_exhausted";
        public static final String CARD_BLOCKED = "card_blocked";
        public static final String NOTHING_MOVED = "nothing_moved";
        public static final String DEBIT_NOT_BEGUN = "debit_not_begun";
        public static final String DEBIT_DISPUTED = "debit_disputed";
        public static final String VERDICT_CONFLICT = "verdict_conflict";
        public static final String PARSE_ERROR = "parse_error";
        public static final String INVALID_REQUEST = "invalid_request";
        public static final String METHOD_NOT_FOUND = "method_not_found";
        public static final String INVALID_PARAMS = "invalid_params";
        public static final String LINE_TOO_LONG = "line_too_long";
        public static final String TOO_MANY_CLIENTS = "too_many_clients";
        public static final String LEASE_REQUIRED = "lease_required";
        public static final String LEASE_INVALID = "lease_invalid";
        public static final String QUEUE_FULL = "queue_full";
        public static final String SHUTTING_DOWN = "shutting_down";
        public static final String DAEMON_ABSENT = "daemon_absent";
        public static final String SLOW_CLIENT = "slow_client";
        public static final String ALREADY_RUNNING = "already_running";
        public static final String CONFIG_INVALID = "config_invalid";
        public static final String CARD_IMAGE_INVALID = "card_image_invalid";
        public static final String FILE_MISSING = "file_missing";
        public static final String FILE_EXISTS = "file_exists";

        private Symbols() {
        }
    }

    /** What a call is given. */
    public abstract static class Params {
        final Map<String, Object> values = new LinkedHashMap<>();

        void put(String name, Object value) {
            values.put(name, value);
        }
    }

    /** The same sentence in two languages. */
    public record Text(
            String en,
            String zh) {
    }

    /** Who holds a card. */
    public record Owner(
            long pid,
            long uid,
            String program) {
    }

    public record ReaderLease(
            Owner owner,
            String since,
            String expires) {
    }

    /** A reader and what is in it. */
    public record Reader(
            String name,
            String state,
            String medium,
            String card,
            String atr,
            boolean pinPad,
            boolean inUse,
            String since,
            ReaderLease lease,
            long queue) {
    }

    /** The holder, and whether the card is genuine. What was not read is an empty text. */
    public record Identity(
            String areaCode,
            String citizenId,
            String cardNumber,
            String cardId,
            String name,
            String resetInfo,
            String version,
            String issueDate,
            String expiryDate,
            String terminalNumber,
            String deviceNumber,
            String sex,
            String ethnicGroup,
            String birthPlace,
            String birthDate,
            String cardClass,
            String issuer,
            String genuine,
            boolean testKeys,
            List<String> findings,
            String line,
            long exchanges,
            long elapsedMs,
            Double wireMs) {
    }

    /** What the back office's key machine works on. */
    public record Remote(
            String factor,
            String original) {
    }

    public record TxnError(
            String symbol,
            String sw) {
    }

    /** A row of the journal. */
    public record Txn(
            long id,
            String op,
            String kind,
            String purse,
            String state,
            String evidence,
            @SerializedName("final") boolean isFinal,
            long amount,
            long selfPay,
            long pooled,
            Long balanceBefore,
            Long balanceAfter,
            String card,
            long counter,
            String terminal,
            String terminalSeq,
            String time,
            String type,
            String keyVersion,
            String algorithm,
            String tac,
            String mac2,
            boolean mac2Checked,
            boolean testKeys,
            String reader,
            String created,
            String updated,
            TxnError error) {
    }

    /** params of the notification "event". txn is a Txn; others than its owner and operators see a part of it. */
    public record Event(
            long seq,
            String type,
            String reader,
            String medium,
            String card,
            String atr,
            Owner owner,
            String reason,
            Map<String, Object> txn) {
    }

    /** params of the notification "trace". */
    public record Trace(
            String reader,
            String line) {
    }

    /** data of an error object. */
    public record ErrorData(
            String symbol,
            Text text,
            Text remedy,
            String detail,
            String detailZh,
            String sw,
            String swName,
            Text swText,
            Long tries,
            Txn txn) {
    }

    public record SystemHelloResultLimits(
            long lineBytes,
            long depth,
            long calls,
            long deadlineMs,
            long maxDeadlineMs,
            long leaseMs,
            long maxLeaseMs,
            long clients) {
    }

    public record SystemHelloResult(
            long protocol,
            List<Long> protocols,
            String server,
            String version,
            String role,
            List<String> features,
            SystemHelloResultLimits limits) {
    }

    public record SystemPingResultDaemon(
            boolean ok,
            String version,
            long pid,
            long uptimeMs,
            long clients,
            long calls) {
    }

    public record SystemPingResultPcsc(
            boolean ok,
            String driver) {
    }

    public record SystemPingResultReaders(
            String name,
            boolean ok,
            String state) {
    }

    public record SystemPingResultPsam(
            String reader,
            boolean ok,
            String state,
            String serial,
            String terminal,
            List<String> algorithms,
            String error) {
    }

    public record SystemPingResultHsm(
            boolean configured) {
    }

    public record SystemPingResultJournal(
            boolean ok,
            long unsettled,
            String file,
            Boolean gone,
            String error) {
    }

    public record SystemPingResultLink(
            boolean configured) {
    }

    public record SystemPingResult(
            SystemPingResultDaemon daemon,
            SystemPingResultPcsc pcsc,
            List<SystemPingResultReaders> readers,
            List<SystemPingResultPsam> psam,
            SystemPingResultHsm hsm,
            SystemPingResultJournal journal,
            SystemPingResultLink link,
            boolean testKeys) {
    }

    public record RpcCancelResult(
            boolean cancelled,
            boolean cardTouched) {
    }

    public record ReaderListResult(
            long seq,
            List<Reader> readers) {
    }

    public record EventsSubscribeResult(
            long seq,
            List<Reader> readers,
            List<Event> missed) {
    }

    public record CardWaitResult(
            String reader,
            String card,
            String atr) {
    }

    public record Expect(
            String cardId,
            String cardNumber) {
    }

    public record CardAcquireResult(
            String lease,
            String card,
            String reader,
            String expires) {
    }

    public record CardInfoResultAtrItems(
            String item,
            String itemZh,
            String meaning,
            String meaningZh) {
    }

    public record CardInfoResultHistorical(
            String chipMaker,
            String cardMaker,
            String region,
            String serial,
            String chipMakerName,
            String cardMakerName) {
    }

    public record CardInfoResult(
            String reader,
            String card,
            String atr,
            List<CardInfoResultAtrItems> atrItems,
            String protocol,
            String kind,
            String generation,
            String version,
            String algorithm,
            String city,
            CardInfoResultHistorical historical,
            List<String> purses) {
    }

    public record Pin(
            String entry,
            String secret) {
        @Override
        public String toString() {
            return "Pin";
        }
    }

    public record CardReadResultValues(
            String tag,
            String key,
            String zh,
            String en,
            long record,
            String text,
            boolean textValid,
            String hex) {
    }

    public record CardReadResult(
            String file,
            String zh,
            String en,
            List<CardReadResultValues> values) {
    }

    public record CardWriteResult(
            boolean repeated) {
    }

    public record CardAuthenticateBeginResult(
            String lease,
            String expires,
            String card,
            String reader,
            String areaCode,
            String resetInfo,
            String algorithm,
            String cardId,
            String line,
            Remote internal,
            Remote external,
            String key,
            String reference,
            String address,
            Boolean pinNeeded) {
    }

    public record CardAuthenticateCompleteResult(
            String areaCode,
            String citizenId,
            String cardNumber,
            String cardId,
            String name,
            String resetInfo,
            String version,
            String issueDate,
            String expiryDate,
            String terminalNumber,
            String deviceNumber,
            String sex,
            String ethnicGroup,
            String birthPlace,
            String birthDate,
            String cardClass,
            String issuer,
            String genuine,
            Boolean testKeys,
            List<String> findings,
            String line,
            Long exchanges,
            Long elapsedMs,
            Double wireMs,
            String key) {
    }

    public record PinVerifyResult(
            Long triesLeft) {
    }

    public record PinChangeResult(
            boolean repeated) {
    }

    public record PinReloadResult(
            Boolean repeated,
            String challenge,
            String header,
            String algorithm,
            String address) {
    }

    public record PinUnblockResult(
            Boolean repeated,
            String challenge,
            String header,
            String algorithm,
            String address) {
    }

    public record PurseBalanceResult(
            String purse,
            long amount,
            Long yearSelfPay,
            Long yearPooled,
            Long year,
            Long overdraft) {
    }

    public record PurseDebitResult(
            Txn txn,
            boolean repeated) {
    }

    public record PurseDebitBeginResultHost(
            String algorithm,
            String keyVersion,
            String keyIndex,
            String address,
            String random,
            long counter,
            long balance,
            long amount,
            long selfPay,
            long pooled,
            String type,
            String terminal,
            String time,
            String areaCode,
            String resetInfo) {
    }

    public record PurseDebitBeginResult(
            String lease,
            String expires,
            String card,
            String reader,
            Txn txn,
            Boolean repeated,
            PurseDebitBeginResultHost host) {
    }

    public record PurseDebitCompleteResult(
            Txn txn,
            String mac2,
            String tac,
            boolean repeated) {
    }

    public record PurseDebitVerifiedResult(
            Txn txn,
            boolean repeated) {
    }

    public record PurseLoadBeginResultHost(
            String random,
            long counter,
            long balance,
            String mac1,
            String keyVersion,
            String algorithm,
            String terminal,
            String type,
            long amount,
            String areaCode,
            String resetInfo) {
    }

    public record PurseLoadBeginResult(
            String lease,
            String expires,
            String card,
            String reader,
            Txn txn,
            Boolean repeated,
            PurseLoadBeginResultHost host) {
    }

    public record PurseLoadCompleteResult(
            Txn txn) {
    }

    public record PurseLogResultEntries(
            long record,
            long counter,
            String type,
            long amount,
            long selfPay,
            long pooled,
            String terminal,
            String time) {
    }

    public record PurseLogResult(
            String purse,
            List<PurseLogResultEntries> entries) {
    }

    public record TxnGetResult(
            Txn txn) {
    }

    public record TxnListResult(
            List<Txn> txns,
            boolean more) {
    }

    public record TxnResolveResult(
            long settled,
            List<Txn> txns) {
    }

    public record CardResetResult(
            String atr,
            String protocol) {
    }

    public record ApduTransmitResult(
            String response,
            String data,
            String sw,
            String swName,
            Text swText) {
    }

    /** Parameters of system.hello. */
    public static final class SystemHelloParams extends Params {
        /** Name and version of the calling program, for the log. */
        public SystemHelloParams client(String value) {
            put("client", value);
            return this;
        }

        /** The protocol the caller speaks; not_supported when the daemon does not. */
        public SystemHelloParams protocol(long value) {
            put("protocol", value);
            return this;
        }

        /** Language of error.message on this connection, English without it; data carries both in any case. */
        public SystemHelloParams lang(String value) {
            put("lang", value);
            return this;
        }

        /** The answer comes within this time; the client's own default without it. */
        public SystemHelloParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of system.ping. */
    public static final class SystemPingParams extends Params {
        /** The answer comes within this time from receipt; the configuration sets default and maximum. */
        public SystemPingParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of rpc.discover. */
    public static final class RpcDiscoverParams extends Params {
        /** The answer comes within this time; the client's own default without it. */
        public RpcDiscoverParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of rpc.cancel. */
    public static final class RpcCancelParams extends Params {
        /** id: The id of the call to give up. */
        public RpcCancelParams(Object id) {
            put("id", id);
        }

        /** The answer comes within this time; the client's own default without it. */
        public RpcCancelParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of reader.list. */
    public static final class ReaderListParams extends Params {
        /** The answer comes within this time; the client's own default without it. */
        public ReaderListParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of events.subscribe. */
    public static final class EventsSubscribeParams extends Params {
        /** The last number seen before a connection was lost. */
        public EventsSubscribeParams fromSeq(long value) {
            put("from_seq", value);
            return this;
        }

        /** The answer comes within this time; the client's own default without it. */
        public EventsSubscribeParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of events.unsubscribe. */
    public static final class EventsUnsubscribeParams extends Params {
        /** The answer comes within this time; the client's own default without it. */
        public EventsUnsubscribeParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of card.wait. */
    public static final class CardWaitParams extends Params {
        /** What to wait for; present without it. */
        public CardWaitParams state(String value) {
            put("state", value);
            return this;
        }

        /** Only readers of this kind; of the preferred kind first when there are cards in both. */
        public CardWaitParams medium(String value) {
            put("medium", value);
            return this;
        }

        /** Name of the reader. Without reader, card and lease: the only reader with a card. */
        public CardWaitParams reader(String value) {
            put("reader", value);
            return this;
        }

        /** The answer comes within this time from receipt; the configuration sets default and maximum. */
        public CardWaitParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of card.acquire. */
    public static final class CardAcquireParams extends Params {
        /** The lease is granted only when the card is this one: &#123;"card_id":"32 hexadecimal digits", "card_number":".."&#125;, one of them or both; else card_mismatch. Both are read without authentication. */
        public CardAcquireParams expect(Expect value) {
            put("expect", value);
            return this;
        }

        /** How long to hold it; the configuration sets default and maximum. */
        public CardAcquireParams holdMs(long value) {
            put("hold_ms", value);
            return this;
        }

        /** Name of the reader. Without reader, card and lease: the only reader with a card. */
        public CardAcquireParams reader(String value) {
            put("reader", value);
            return this;
        }

        /** Card handle; a handle of a card that was removed is answered with stale_card. */
        public CardAcquireParams card(String value) {
            put("card", value);
            return this;
        }

        /** Use the card under this lease instead of taking one for this call. */
        public CardAcquireParams lease(String value) {
            put("lease", value);
            return this;
        }

        /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
        public CardAcquireParams medium(String value) {
            put("medium", value);
            return this;
        }

        /** The answer comes within this time from receipt; the configuration sets default and maximum. */
        public CardAcquireParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of card.release. */
    public static final class CardReleaseParams extends Params {
        /** lease: The lease that holds the card. */
        public CardReleaseParams(String lease) {
            put("lease", lease);
        }

        /** The answer comes within this time; the client's own default without it. */
        public CardReleaseParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of card.info. */
    public static final class CardInfoParams extends Params {
        /** Name of the reader. Without reader, card and lease: the only reader with a card. */
        public CardInfoParams reader(String value) {
            put("reader", value);
            return this;
        }

        /** Card handle; a handle of a card that was removed is answered with stale_card. */
        public CardInfoParams card(String value) {
            put("card", value);
            return this;
        }

        /** Use the card under this lease instead of taking one for this call. */
        public CardInfoParams lease(String value) {
            put("lease", value);
            return this;
        }

        /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
        public CardInfoParams medium(String value) {
            put("medium", value);
            return this;
        }

        /** The answer comes within this time from receipt; the configuration sets default and maximum. */
        public CardInfoParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of card.identity. */
    public static final class CardIdentityParams extends Params {
        /** Authenticate the card; true without it. */
        public CardIdentityParams verify(boolean value) {
            put("verify", value);
            return this;
        }

        /** basic: the eleven items of the national line; full adds sex, birth, class, issuer. */
        public CardIdentityParams parts(String value) {
            put("parts", value);
            return this;
        }

        /** Name of the reader. Without reader, card and lease: the only reader with a card. */
        public CardIdentityParams reader(String value) {
            put("reader", value);
            return this;
        }

        /** Card handle; a handle of a card that was removed is answered with stale_card. */
        public CardIdentityParams card(String value) {
            put("card", value);
            return this;
        }

        /** Use the card under this lease instead of taking one for this call. */
        public CardIdentityParams lease(String value) {
            put("lease", value);
            return this;
        }

        /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
        public CardIdentityParams medium(String value) {
            put("medium", value);
            return this;
        }

        /** The answer comes within this time from receipt; the configuration sets default and maximum. */
        public CardIdentityParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of card.read. */
    public static final class CardReadParams extends Params {
        /** file: SSSEEF05, DF01EF0A ... */
        public CardReadParams(String file) {
            put("file", file);
        }

        /** Tags ("28") or names ("contact_phone"); all without it. */
        public CardReadParams elements(List<String> value) {
            put("elements", value);
            return this;
        }

        /** One record of a cyclic file. */
        public CardReadParams record(long value) {
            put("record", value);
            return this;
        }

        /** How to open the file. */
        public CardReadParams auth(String value) {
            put("auth", value);
            return this;
        }

        /** Name of the reader. Without reader, card and lease: the only reader with a card. */
        public CardReadParams reader(String value) {
            put("reader", value);
            return this;
        }

        /** Card handle; a handle of a card that was removed is answered with stale_card. */
        public CardReadParams card(String value) {
            put("card", value);
            return this;
        }

        /** Use the card under this lease instead of taking one for this call. */
        public CardReadParams lease(String value) {
            put("lease", value);
            return this;
        }

        /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
        public CardReadParams medium(String value) {
            put("medium", value);
            return this;
        }

        /** Verify the PIN first: &#123;"entry":"pinpad"&#125; on the reader's keypad, or &#123;"secret":"123456"&#125;. */
        public CardReadParams pin(Pin value) {
            put("pin", value);
            return this;
        }

        /** The answer comes within this time from receipt; the configuration sets default and maximum. */
        public CardReadParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of card.write. */
    public static final class CardWriteParams extends Params {
        /** file: DF01EF05 ... op: Idempotency key of the caller: new for every piece of business, the same when it is repeated. */
        public CardWriteParams(String file, String op) {
            put("file", file);
            put("op", op);
        }

        /** Tag or name. */
        public CardWriteParams element(String value) {
            put("element", value);
            return this;
        }

        /** Which of several elements with the same tag. */
        public CardWriteParams occurrence(long value) {
            put("occurrence", value);
            return this;
        }

        /** The value as text; fields of a cyclic record separated by ^. */
        public CardWriteParams text(String value) {
            put("text", value);
            return this;
        }

        /** The value as bytes. */
        public CardWriteParams hex(String value) {
            put("hex", value);
            return this;
        }

        /** Where in a transparent file. */
        public CardWriteParams offset(long value) {
            put("offset", value);
            return this;
        }

        /** Name of the reader. Without reader, card and lease: the only reader with a card. */
        public CardWriteParams reader(String value) {
            put("reader", value);
            return this;
        }

        /** Card handle; a handle of a card that was removed is answered with stale_card. */
        public CardWriteParams card(String value) {
            put("card", value);
            return this;
        }

        /** Use the card under this lease instead of taking one for this call. */
        public CardWriteParams lease(String value) {
            put("lease", value);
            return this;
        }

        /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
        public CardWriteParams medium(String value) {
            put("medium", value);
            return this;
        }

        /** Verify the PIN first: &#123;"entry":"pinpad"&#125; on the reader's keypad, or &#123;"secret":"123456"&#125;. */
        public CardWriteParams pin(Pin value) {
            put("pin", value);
            return this;
        }

        /** The answer comes within this time from receipt; the configuration sets default and maximum. */
        public CardWriteParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of card.authenticate.begin. */
    public static final class CardAuthenticateBeginParams extends Params {
        /** identity without it. */
        public CardAuthenticateBeginParams purpose(String value) {
            put("purpose", value);
            return this;
        }

        /** With purpose key: RK1DF01, PUK ... */
        public CardAuthenticateBeginParams key(String value) {
            put("key", value);
            return this;
        }

        /** With purpose key, instead of key: the key that this file asks for, DF01EF05 ... pin_needed: it wants the PIN as well. */
        public CardAuthenticateBeginParams file(String value) {
            put("file", value);
            return this;
        }

        /** With file: for writing it, not for reading. */
        public CardAuthenticateBeginParams write(boolean value) {
            put("write", value);
            return this;
        }

        /** How long to hold the card. */
        public CardAuthenticateBeginParams holdMs(long value) {
            put("hold_ms", value);
            return this;
        }

        /** Name of the reader. Without reader, card and lease: the only reader with a card. */
        public CardAuthenticateBeginParams reader(String value) {
            put("reader", value);
            return this;
        }

        /** Card handle; a handle of a card that was removed is answered with stale_card. */
        public CardAuthenticateBeginParams card(String value) {
            put("card", value);
            return this;
        }

        /** Use the card under this lease instead of taking one for this call. */
        public CardAuthenticateBeginParams lease(String value) {
            put("lease", value);
            return this;
        }

        /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
        public CardAuthenticateBeginParams medium(String value) {
            put("medium", value);
            return this;
        }

        /** The answer comes within this time from receipt; the configuration sets default and maximum. */
        public CardAuthenticateBeginParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of card.authenticate.complete. */
    public static final class CardAuthenticateCompleteParams extends Params {
        /** lease: The lease that holds the card. */
        public CardAuthenticateCompleteParams(String lease) {
            put("lease", lease);
        }

        /** The machine's expected answer to the internal authentication. */
        public CardAuthenticateCompleteParams internal(String value) {
            put("internal", value);
            return this;
        }

        /** The machine's authentication data for the card. */
        public CardAuthenticateCompleteParams external(String value) {
            put("external", value);
            return this;
        }

        /** Both as one line: auth16+original16|auth16+original16| */
        public CardAuthenticateCompleteParams answer(String value) {
            put("answer", value);
            return this;
        }

        /** As in card.identity. */
        public CardAuthenticateCompleteParams parts(String value) {
            put("parts", value);
            return this;
        }

        /** Name of the reader. Without reader, card and lease: the only reader with a card. */
        public CardAuthenticateCompleteParams reader(String value) {
            put("reader", value);
            return this;
        }

        /** Card handle; a handle of a card that was removed is answered with stale_card. */
        public CardAuthenticateCompleteParams card(String value) {
            put("card", value);
            return this;
        }

        /** The answer comes within this time from receipt; the configuration sets default and maximum. */
        public CardAuthenticateCompleteParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of pin.verify. */
    public static final class PinVerifyParams extends Params {
        /** On the reader's keypad. */
        public PinVerifyParams entry(String value) {
            put("entry", value);
            return this;
        }

        /** The PIN; used once, never stored or logged. */
        public PinVerifyParams secret(String value) {
            put("secret", value);
            return this;
        }

        /** Only ask how many tries are left; costs none. */
        public PinVerifyParams status(boolean value) {
            put("status", value);
            return this;
        }

        /** Whose PIN: ed and ep mean the purse application's on a card that has both. */
        public PinVerifyParams purse(String value) {
            put("purse", value);
            return this;
        }

        /** Name of the reader. Without reader, card and lease: the only reader with a card. */
        public PinVerifyParams reader(String value) {
            put("reader", value);
            return this;
        }

        /** Card handle; a handle of a card that was removed is answered with stale_card. */
        public PinVerifyParams card(String value) {
            put("card", value);
            return this;
        }

        /** Use the card under this lease instead of taking one for this call. */
        public PinVerifyParams lease(String value) {
            put("lease", value);
            return this;
        }

        /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
        public PinVerifyParams medium(String value) {
            put("medium", value);
            return this;
        }

        /** The answer comes within this time from receipt; the configuration sets default and maximum. */
        public PinVerifyParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of pin.change. */
    public static final class PinChangeParams extends Params {
        /** op: Idempotency key of the caller: new for every piece of business, the same when it is repeated. */
        public PinChangeParams(String op) {
            put("op", op);
        }

        /** All on the reader's keypad. */
        public PinChangeParams entry(String value) {
            put("entry", value);
            return this;
        }

        /** The present PIN. */
        public PinChangeParams old(String value) {
            put("old", value);
            return this;
        }

        /** The new PIN. */
        public PinChangeParams newPin(String value) {
            put("new", value);
            return this;
        }

        /** As in pin.verify. */
        public PinChangeParams purse(String value) {
            put("purse", value);
            return this;
        }

        /** Name of the reader. Without reader, card and lease: the only reader with a card. */
        public PinChangeParams reader(String value) {
            put("reader", value);
            return this;
        }

        /** Card handle; a handle of a card that was removed is answered with stale_card. */
        public PinChangeParams card(String value) {
            put("card", value);
            return this;
        }

        /** Use the card under this lease instead of taking one for this call. */
        public PinChangeParams lease(String value) {
            put("lease", value);
            return this;
        }

        /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
        public PinChangeParams medium(String value) {
            put("medium", value);
            return this;
        }

        /** The answer comes within this time from receipt; the configuration sets default and maximum. */
        public PinChangeParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of pin.reload. */
    public static final class PinReloadParams extends Params {
        /** op: Idempotency key of the caller: new for every piece of business, the same when it is repeated. */
        public PinReloadParams(String op) {
            put("op", op);
        }

        /** The new PIN. */
        public PinReloadParams newPin(String value) {
            put("new", value);
            return this;
        }

        /** Ask the card for the challenge that the back office needs. */
        public PinReloadParams remote(boolean value) {
            put("remote", value);
            return this;
        }

        /** The back office's whole command. */
        public PinReloadParams command(String value) {
            put("command", value);
            return this;
        }

        /** As in pin.verify. A purse needs no key PUK; remote is for its PIN UNBLOCK. */
        public PinReloadParams purse(String value) {
            put("purse", value);
            return this;
        }

        /** Name of the reader. Without reader, card and lease: the only reader with a card. */
        public PinReloadParams reader(String value) {
            put("reader", value);
            return this;
        }

        /** Card handle; a handle of a card that was removed is answered with stale_card. */
        public PinReloadParams card(String value) {
            put("card", value);
            return this;
        }

        /** Use the card under this lease instead of taking one for this call. */
        public PinReloadParams lease(String value) {
            put("lease", value);
            return this;
        }

        /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
        public PinReloadParams medium(String value) {
            put("medium", value);
            return this;
        }

        /** The answer comes within this time from receipt; the configuration sets default and maximum. */
        public PinReloadParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of pin.unblock. */
    public static final class PinUnblockParams extends Params {
        /** op: Idempotency key of the caller: new for every piece of business, the same when it is repeated. */
        public PinUnblockParams(String op) {
            put("op", op);
        }

        /** For a purse, whose command carries the PIN: the old one or a new one. */
        public PinUnblockParams newPin(String value) {
            put("new", value);
            return this;
        }

        /** Ask the card for the challenge that the back office needs. */
        public PinUnblockParams remote(boolean value) {
            put("remote", value);
            return this;
        }

        /** The back office's whole command. */
        public PinUnblockParams command(String value) {
            put("command", value);
            return this;
        }

        /** As in pin.verify. */
        public PinUnblockParams purse(String value) {
            put("purse", value);
            return this;
        }

        /** Name of the reader. Without reader, card and lease: the only reader with a card. */
        public PinUnblockParams reader(String value) {
            put("reader", value);
            return this;
        }

        /** Card handle; a handle of a card that was removed is answered with stale_card. */
        public PinUnblockParams card(String value) {
            put("card", value);
            return this;
        }

        /** Use the card under this lease instead of taking one for this call. */
        public PinUnblockParams lease(String value) {
            put("lease", value);
            return this;
        }

        /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
        public PinUnblockParams medium(String value) {
            put("medium", value);
            return this;
        }

        /** The answer comes within this time from receipt; the configuration sets default and maximum. */
        public PinUnblockParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of purse.balance. */
    public static final class PurseBalanceParams extends Params {
        /** The card's first purse without it. */
        public PurseBalanceParams purse(String value) {
            put("purse", value);
            return this;
        }

        /** Name of the reader. Without reader, card and lease: the only reader with a card. */
        public PurseBalanceParams reader(String value) {
            put("reader", value);
            return this;
        }

        /** Card handle; a handle of a card that was removed is answered with stale_card. */
        public PurseBalanceParams card(String value) {
            put("card", value);
            return this;
        }

        /** Use the card under this lease instead of taking one for this call. */
        public PurseBalanceParams lease(String value) {
            put("lease", value);
            return this;
        }

        /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
        public PurseBalanceParams medium(String value) {
            put("medium", value);
            return this;
        }

        /** Verify the PIN first: &#123;"entry":"pinpad"&#125; on the reader's keypad, or &#123;"secret":"123456"&#125;. */
        public PurseBalanceParams pin(Pin value) {
            put("pin", value);
            return this;
        }

        /** The answer comes within this time from receipt; the configuration sets default and maximum. */
        public PurseBalanceParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of purse.debit. */
    public static final class PurseDebitParams extends Params {
        /** amount: From the account. op: Idempotency key of the caller: new for every piece of business, the same when it is repeated. */
        public PurseDebitParams(long amount, String op) {
            put("amount", amount);
            put("op", op);
        }

        /** The card's first purse without it. */
        public PurseDebitParams purse(String value) {
            put("purse", value);
            return this;
        }

        /** Medical purse: paid by the holder, for the yearly sum. */
        public PurseDebitParams selfPay(long value) {
            put("self_pay", value);
            return this;
        }

        /** Medical purse: paid by the fund, for the yearly sum. */
        public PurseDebitParams pooled(long value) {
            put("pooled", value);
            return this;
        }

        /** YYYYMMDDhhmmss, the time of the sale; now without it. */
        public PurseDebitParams time(String value) {
            put("time", value);
            return this;
        }

        /** Name of the reader. Without reader, card and lease: the only reader with a card. */
        public PurseDebitParams reader(String value) {
            put("reader", value);
            return this;
        }

        /** Card handle; a handle of a card that was removed is answered with stale_card. */
        public PurseDebitParams card(String value) {
            put("card", value);
            return this;
        }

        /** Use the card under this lease instead of taking one for this call. */
        public PurseDebitParams lease(String value) {
            put("lease", value);
            return this;
        }

        /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
        public PurseDebitParams medium(String value) {
            put("medium", value);
            return this;
        }

        /** Verify the PIN first: &#123;"entry":"pinpad"&#125; on the reader's keypad, or &#123;"secret":"123456"&#125;. */
        public PurseDebitParams pin(Pin value) {
            put("pin", value);
            return this;
        }

        /** The answer comes within this time from receipt; the configuration sets default and maximum. */
        public PurseDebitParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of purse.debit.begin. */
    public static final class PurseDebitBeginParams extends Params {
        /** amount: From the account. op: Idempotency key of the caller: new for every piece of business, the same when it is repeated. */
        public PurseDebitBeginParams(long amount, String op) {
            put("amount", amount);
            put("op", op);
        }

        /** The card's first purse without it. */
        public PurseDebitBeginParams purse(String value) {
            put("purse", value);
            return this;
        }

        /** Medical purse: paid by the holder, for the yearly sum. */
        public PurseDebitBeginParams selfPay(long value) {
            put("self_pay", value);
            return this;
        }

        /** Medical purse: paid by the fund, for the yearly sum. */
        public PurseDebitBeginParams pooled(long value) {
            put("pooled", value);
            return this;
        }

        /** Terminal number; the PSAM's without it, zeros without a PSAM. */
        public PurseDebitBeginParams terminal(String value) {
            put("terminal", value);
            return this;
        }

        /** YYYYMMDDhhmmss, handed on to the host; now without it. What counts is the time of the second half. */
        public PurseDebitBeginParams time(String value) {
            put("time", value);
            return this;
        }

        /** How long to hold the card. */
        public PurseDebitBeginParams holdMs(long value) {
            put("hold_ms", value);
            return this;
        }

        /** Name of the reader. Without reader, card and lease: the only reader with a card. */
        public PurseDebitBeginParams reader(String value) {
            put("reader", value);
            return this;
        }

        /** Card handle; a handle of a card that was removed is answered with stale_card. */
        public PurseDebitBeginParams card(String value) {
            put("card", value);
            return this;
        }

        /** Use the card under this lease instead of taking one for this call. */
        public PurseDebitBeginParams lease(String value) {
            put("lease", value);
            return this;
        }

        /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
        public PurseDebitBeginParams medium(String value) {
            put("medium", value);
            return this;
        }

        /** Verify the PIN first: &#123;"entry":"pinpad"&#125; on the reader's keypad, or &#123;"secret":"123456"&#125;. */
        public PurseDebitBeginParams pin(Pin value) {
            put("pin", value);
            return this;
        }

        /** The answer comes within this time from receipt; the configuration sets default and maximum. */
        public PurseDebitBeginParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of purse.debit.complete. */
    public static final class PurseDebitCompleteParams extends Params {
        /** terminalSeq: The terminal transaction number that MAC1 was made with. time: YYYYMMDDhhmmss, the time that MAC1 was made with. mac1: The key machine's MAC1. lease: The lease that holds the card. */
        public PurseDebitCompleteParams(String terminalSeq, String time, String mac1, String lease) {
            put("terminal_seq", terminalSeq);
            put("time", time);
            put("mac1", mac1);
            put("lease", lease);
        }

        /** The transaction, to be sure. */
        public PurseDebitCompleteParams id(long value) {
            put("id", value);
            return this;
        }

        /** Name of the reader. Without reader, card and lease: the only reader with a card. */
        public PurseDebitCompleteParams reader(String value) {
            put("reader", value);
            return this;
        }

        /** Card handle; a handle of a card that was removed is answered with stale_card. */
        public PurseDebitCompleteParams card(String value) {
            put("card", value);
            return this;
        }

        /** The answer comes within this time from receipt; the configuration sets default and maximum. */
        public PurseDebitCompleteParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of purse.debit.verified. */
    public static final class PurseDebitVerifiedParams extends Params {
        /** mac2: The key machine's verdict. */
        public PurseDebitVerifiedParams(String mac2) {
            put("mac2", mac2);
        }

        /** Its number. */
        public PurseDebitVerifiedParams id(long value) {
            put("id", value);
            return this;
        }

        /** Its op key. */
        public PurseDebitVerifiedParams op(String value) {
            put("op", value);
            return this;
        }

        /** The answer comes within this time from receipt; the configuration sets default and maximum. */
        public PurseDebitVerifiedParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of purse.load.begin. */
    public static final class PurseLoadBeginParams extends Params {
        /** amount: To load. op: Idempotency key of the caller: new for every piece of business, the same when it is repeated. */
        public PurseLoadBeginParams(long amount, String op) {
            put("amount", amount);
            put("op", op);
        }

        /** The card's first purse without it. */
        public PurseLoadBeginParams purse(String value) {
            put("purse", value);
            return this;
        }

        /** Terminal number; the PSAM's without it. */
        public PurseLoadBeginParams terminal(String value) {
            put("terminal", value);
            return this;
        }

        /** How long to hold the card. */
        public PurseLoadBeginParams holdMs(long value) {
            put("hold_ms", value);
            return this;
        }

        /** Name of the reader. Without reader, card and lease: the only reader with a card. */
        public PurseLoadBeginParams reader(String value) {
            put("reader", value);
            return this;
        }

        /** Card handle; a handle of a card that was removed is answered with stale_card. */
        public PurseLoadBeginParams card(String value) {
            put("card", value);
            return this;
        }

        /** Use the card under this lease instead of taking one for this call. */
        public PurseLoadBeginParams lease(String value) {
            put("lease", value);
            return this;
        }

        /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
        public PurseLoadBeginParams medium(String value) {
            put("medium", value);
            return this;
        }

        /** Verify the PIN first: &#123;"entry":"pinpad"&#125; on the reader's keypad, or &#123;"secret":"123456"&#125;. */
        public PurseLoadBeginParams pin(Pin value) {
            put("pin", value);
            return this;
        }

        /** The answer comes within this time from receipt; the configuration sets default and maximum. */
        public PurseLoadBeginParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of purse.load.complete. */
    public static final class PurseLoadCompleteParams extends Params {
        /** hostTime: YYYYMMDDhhmmss mac2: The host's MAC2. lease: The lease that holds the card. */
        public PurseLoadCompleteParams(String hostTime, String mac2, String lease) {
            put("host_time", hostTime);
            put("mac2", mac2);
            put("lease", lease);
        }

        /** The transaction, to be sure. */
        public PurseLoadCompleteParams id(long value) {
            put("id", value);
            return this;
        }

        /** Name of the reader. Without reader, card and lease: the only reader with a card. */
        public PurseLoadCompleteParams reader(String value) {
            put("reader", value);
            return this;
        }

        /** Card handle; a handle of a card that was removed is answered with stale_card. */
        public PurseLoadCompleteParams card(String value) {
            put("card", value);
            return this;
        }

        /** The answer comes within this time from receipt; the configuration sets default and maximum. */
        public PurseLoadCompleteParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of purse.log. */
    public static final class PurseLogParams extends Params {
        /** The card's first purse without it. */
        public PurseLogParams purse(String value) {
            put("purse", value);
            return this;
        }

        /** Name of the reader. Without reader, card and lease: the only reader with a card. */
        public PurseLogParams reader(String value) {
            put("reader", value);
            return this;
        }

        /** Card handle; a handle of a card that was removed is answered with stale_card. */
        public PurseLogParams card(String value) {
            put("card", value);
            return this;
        }

        /** Use the card under this lease instead of taking one for this call. */
        public PurseLogParams lease(String value) {
            put("lease", value);
            return this;
        }

        /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
        public PurseLogParams medium(String value) {
            put("medium", value);
            return this;
        }

        /** Verify the PIN first: &#123;"entry":"pinpad"&#125; on the reader's keypad, or &#123;"secret":"123456"&#125;. */
        public PurseLogParams pin(Pin value) {
            put("pin", value);
            return this;
        }

        /** The answer comes within this time from receipt; the configuration sets default and maximum. */
        public PurseLogParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of txn.get. */
    public static final class TxnGetParams extends Params {
        /** Its number. */
        public TxnGetParams id(long value) {
            put("id", value);
            return this;
        }

        /** Its op key. */
        public TxnGetParams op(String value) {
            put("op", value);
            return this;
        }

        /** The answer comes within this time from receipt; the configuration sets default and maximum. */
        public TxnGetParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of txn.list. */
    public static final class TxnListParams extends Params {
        /** Of this card: its serial, as in txn.card. */
        public TxnListParams serial(String value) {
            put("serial", value);
            return this;
        }

        /** Only those whose outcome is open. */
        public TxnListParams unsettled(boolean value) {
            put("unsettled", value);
            return this;
        }

        /** At most so many, 20 without it. */
        public TxnListParams limit(long value) {
            put("limit", value);
            return this;
        }

        /** Only numbers below this one, to page. */
        public TxnListParams before(long value) {
            put("before", value);
            return this;
        }

        /** The answer comes within this time from receipt; the configuration sets default and maximum. */
        public TxnListParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of txn.resolve. */
    public static final class TxnResolveParams extends Params {
        /** The transaction decided on. */
        public TxnResolveParams id(long value) {
            put("id", value);
            return this;
        }

        /** What the operator has found out. */
        public TxnResolveParams decision(String value) {
            put("decision", value);
            return this;
        }

        /** Name of the reader. Without reader, card and lease: the only reader with a card. */
        public TxnResolveParams reader(String value) {
            put("reader", value);
            return this;
        }

        /** Card handle; a handle of a card that was removed is answered with stale_card. */
        public TxnResolveParams card(String value) {
            put("card", value);
            return this;
        }

        /** Use the card under this lease instead of taking one for this call. */
        public TxnResolveParams lease(String value) {
            put("lease", value);
            return this;
        }

        /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
        public TxnResolveParams medium(String value) {
            put("medium", value);
            return this;
        }

        /** Verify the PIN first: &#123;"entry":"pinpad"&#125; on the reader's keypad, or &#123;"secret":"123456"&#125;. */
        public TxnResolveParams pin(Pin value) {
            put("pin", value);
            return this;
        }

        /** The answer comes within this time from receipt; the configuration sets default and maximum. */
        public TxnResolveParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of card.reset. */
    public static final class CardResetParams extends Params {
        /** cold (the power goes off and on) without it. */
        public CardResetParams kind(String value) {
            put("kind", value);
            return this;
        }

        /** Name of the reader. Without reader, card and lease: the only reader with a card. */
        public CardResetParams reader(String value) {
            put("reader", value);
            return this;
        }

        /** Card handle; a handle of a card that was removed is answered with stale_card. */
        public CardResetParams card(String value) {
            put("card", value);
            return this;
        }

        /** Use the card under this lease instead of taking one for this call. */
        public CardResetParams lease(String value) {
            put("lease", value);
            return this;
        }

        /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
        public CardResetParams medium(String value) {
            put("medium", value);
            return this;
        }

        /** The answer comes within this time from receipt; the configuration sets default and maximum. */
        public CardResetParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of apdu.transmit. */
    public static final class ApduTransmitParams extends Params {
        /** command: The command. */
        public ApduTransmitParams(String command) {
            put("command", command);
        }

        /** Name of the reader. Without reader, card and lease: the only reader with a card. */
        public ApduTransmitParams reader(String value) {
            put("reader", value);
            return this;
        }

        /** Card handle; a handle of a card that was removed is answered with stale_card. */
        public ApduTransmitParams card(String value) {
            put("card", value);
            return this;
        }

        /** Use the card under this lease instead of taking one for this call. */
        public ApduTransmitParams lease(String value) {
            put("lease", value);
            return this;
        }

        /** Without reader, card and lease: the only card of this kind, or of the preferred kind when there is one; the only card of any kind without it. */
        public ApduTransmitParams medium(String value) {
            put("medium", value);
            return this;
        }

        /** The answer comes within this time from receipt; the configuration sets default and maximum. */
        public ApduTransmitParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of trace.start. */
    public static final class TraceStartParams extends Params {
        /** With PINs, keys and names. For test cards only. */
        public TraceStartParams unredacted(boolean value) {
            put("unredacted", value);
            return this;
        }

        /** Name of the reader. Without reader, card and lease: the only reader with a card. */
        public TraceStartParams reader(String value) {
            put("reader", value);
            return this;
        }

        /** The answer comes within this time from receipt; the configuration sets default and maximum. */
        public TraceStartParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of trace.stop. */
    public static final class TraceStopParams extends Params {
        /** The answer comes within this time; the client's own default without it. */
        public TraceStopParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of sim.insert. */
    public static final class SimInsertParams extends Params {
        /** reader: Name of the reader. */
        public SimInsertParams(String reader) {
            put("reader", reader);
        }

        /** Name of a ready-made image, or a file; the card that was there before without it. A service started with --state knows each card again, in whichever reader: it comes back as it was left. */
        public SimInsertParams image(String value) {
            put("image", value);
            return this;
        }

        /** The answer comes within this time; the client's own default without it. */
        public SimInsertParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of sim.remove. */
    public static final class SimRemoveParams extends Params {
        /** reader: Name of the reader. */
        public SimRemoveParams(String reader) {
            put("reader", reader);
        }

        /** The answer comes within this time; the client's own default without it. */
        public SimRemoveParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of sim.fault. */
    public static final class SimFaultParams extends Params {
        /** reader: Name of the reader. kind: What goes wrong; none clears all. */
        public SimFaultParams(String reader, String kind) {
            put("reader", reader);
            put("kind", kind);
        }

        /** At the nth matching command from now on; 0: at every one; 1 without it. */
        public SimFaultParams nth(long value) {
            put("nth", value);
            return this;
        }

        /** Only commands of this class. */
        public SimFaultParams cla(String value) {
            put("cla", value);
            return this;
        }

        /** Only this instruction. */
        public SimFaultParams ins(String value) {
            put("ins", value);
            return this;
        }

        /** short: bytes left; slow: ms; tear_during: 1 nothing was written, 2 all was, 0 either. */
        public SimFaultParams arg(long value) {
            put("arg", value);
            return this;
        }

        /** status, status_after: the status word. */
        public SimFaultParams sw(String value) {
            put("sw", value);
            return this;
        }

        /** swap: the other card. */
        public SimFaultParams image(String value) {
            put("image", value);
            return this;
        }

        /** The answer comes within this time; the client's own default without it. */
        public SimFaultParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    /** Parameters of sim.pin. */
    public static final class SimPinParams extends Params {
        /** reader: Name of the reader. digits: Digits; empty: the holder cancels. */
        public SimPinParams(String reader, String digits) {
            put("reader", reader);
            put("digits", digits);
        }

        /** The answer comes within this time; the client's own default without it. */
        public SimPinParams deadlineMs(long value) {
            put("deadline_ms", value);
            return this;
        }
    }

    abstract <T> T call(String method, Params params, Class<T> result) throws SscardException;

    /** Who serves here, and what the caller may do. Role: viewer. */
    public SystemHelloResult systemHello(SystemHelloParams params) throws SscardException {
        return call("system.hello", params, SystemHelloResult.class);
    }

    /** Who serves here, and what the caller may do. Role: viewer. */
    public SystemHelloResult systemHello() throws SscardException {
        return systemHello(new SystemHelloParams());
    }

    /** Is everything that a sale needs in order? Each part is answered on its own. Role: viewer. */
    public SystemPingResult systemPing(SystemPingParams params) throws SscardException {
        return call("system.ping", params, SystemPingResult.class);
    }

    /** Is everything that a sale needs in order? Each part is answered on its own. Role: viewer. */
    public SystemPingResult systemPing() throws SscardException {
        return systemPing(new SystemPingParams());
    }

    /** This table, as an OpenRPC document. Role: viewer. */
    @SuppressWarnings("unchecked")
    public Map<String, Object> rpcDiscover(RpcDiscoverParams params) throws SscardException {
        return call("rpc.discover", params, Map.class);
    }

    /** This table, as an OpenRPC document. Role: viewer. */
    public Map<String, Object> rpcDiscover() throws SscardException {
        return rpcDiscover(new RpcDiscoverParams());
    }

    /** Gives up a call of the same connection. It is then answered with the symbol cancelled. A write that the card has already begun is not cancelled. Role: viewer. */
    public RpcCancelResult rpcCancel(RpcCancelParams params) throws SscardException {
        return call("rpc.cancel", params, RpcCancelResult.class);
    }

    /** All readers and what is in them. Role: viewer. */
    public ReaderListResult readerList(ReaderListParams params) throws SscardException {
        return call("reader.list", params, ReaderListResult.class);
    }

    /** All readers and what is in them. Role: viewer. */
    public ReaderListResult readerList() throws SscardException {
        return readerList(new ReaderListParams());
    }

    /** A snapshot, then a notification for everything that changes: &#123;"jsonrpc":"2.0","method":"event","params":&#123;seq, type, ..&#125;&#125;. Types: reader.added, reader.removed, card.inserted, card.removed, card.mute, reader.wedged, reader.recovered, lease.granted, lease.released, txn.settled, txn.unknown, service.lost, service.back, subscription.dropped. Numbers have no gap; missed are those since from_seq, when they are still known. Amounts and op of a transaction are told only to its owner and to operators. Role: viewer. */
    public EventsSubscribeResult eventsSubscribe(EventsSubscribeParams params) throws SscardException {
        return call("events.subscribe", params, EventsSubscribeResult.class);
    }

    /** A snapshot, then a notification for everything that changes: &#123;"jsonrpc":"2.0","method":"event","params":&#123;seq, type, ..&#125;&#125;. Types: reader.added, reader.removed, card.inserted, card.removed, card.mute, reader.wedged, reader.recovered, lease.granted, lease.released, txn.settled, txn.unknown, service.lost, service.back, subscription.dropped. Numbers have no gap; missed are those since from_seq, when they are still known. Amounts and op of a transaction are told only to its owner and to operators. Role: viewer. */
    public EventsSubscribeResult eventsSubscribe() throws SscardException {
        return eventsSubscribe(new EventsSubscribeParams());
    }

    /** No more events on this connection. Role: viewer. */
    public void eventsUnsubscribe(EventsUnsubscribeParams params) throws SscardException {
        call("events.unsubscribe", params, Object.class);
    }

    /** No more events on this connection. Role: viewer. */
    public void eventsUnsubscribe() throws SscardException {
        eventsUnsubscribe(new EventsUnsubscribeParams());
    }

    /** Answers as soon as a card is there, or is gone. When the time is over: no_card when none came, card_still_there when it was not taken out; card_mute when one came that does not answer. Role: reader. */
    public CardWaitResult cardWait(CardWaitParams params) throws SscardException {
        return call("card.wait", params, CardWaitResult.class);
    }

    /** Answers as soon as a card is there, or is gone. When the time is over: no_card when none came, card_still_there when it was not taken out; card_mute when one came that does not answer. Role: reader. */
    public CardWaitResult cardWait() throws SscardException {
        return cardWait(new CardWaitParams());
    }

    /** Takes the card for several calls, first come first served. The lease ends when it is released, when hold_ms is over, when the connection closes, when the card is removed. PIN and key rights do not outlive it. Role: reader. */
    public CardAcquireResult cardAcquire(CardAcquireParams params) throws SscardException {
        return call("card.acquire", params, CardAcquireResult.class);
    }

    /** Takes the card for several calls, first come first served. The lease ends when it is released, when hold_ms is over, when the connection closes, when the card is removed. PIN and key rights do not outlive it. Role: reader. */
    public CardAcquireResult cardAcquire() throws SscardException {
        return cardAcquire(new CardAcquireParams());
    }

    /** Gives the card back. Role: reader. */
    public void cardRelease(CardReleaseParams params) throws SscardException {
        call("card.release", params, Object.class);
    }

    /** What kind of card this is: answer to reset explained, generation, algorithm, city, purses. Role: reader. */
    public CardInfoResult cardInfo(CardInfoParams params) throws SscardException {
        return call("card.info", params, CardInfoResult.class);
    }

    /** What kind of card this is: answer to reset explained, generation, algorithm, city, purses. Role: reader. */
    public CardInfoResult cardInfo() throws SscardException {
        return cardInfo(new CardInfoParams());
    }

    /** Who holds the card, and whether it is genuine. need_remote_authentication: go on with card.authenticate.begin. Role: reader. */
    public Identity cardIdentity(CardIdentityParams params) throws SscardException {
        return call("card.identity", params, Identity.class);
    }

    /** Who holds the card, and whether it is genuine. need_remote_authentication: go on with card.authenticate.begin. Role: reader. */
    public Identity cardIdentity() throws SscardException {
        return cardIdentity(new CardIdentityParams());
    }

    /** Reads a file, or some of its elements. Role: reader. */
    public CardReadResult cardRead(CardReadParams params) throws SscardException {
        return call("card.read", params, CardReadResult.class);
    }

    /** Writes one element, or appends a record to a cyclic file. Role: perso. */
    public CardWriteResult cardWrite(CardWriteParams params) throws SscardException {
        return call("card.write", params, CardWriteResult.class);
    }

    /** First half of an authentication by the back office's key machine: holds the card and hands out what the machine needs. For a key, key or file says which; remote_authentication_not_needed when the file opens without one. Role: reader. */
    public CardAuthenticateBeginResult cardAuthenticateBegin(CardAuthenticateBeginParams params) throws SscardException {
        return call("card.authenticate.begin", params, CardAuthenticateBeginResult.class);
    }

    /** First half of an authentication by the back office's key machine: holds the card and hands out what the machine needs. For a key, key or file says which; remote_authentication_not_needed when the file opens without one. Role: reader. */
    public CardAuthenticateBeginResult cardAuthenticateBegin() throws SscardException {
        return cardAuthenticateBegin(new CardAuthenticateBeginParams());
    }

    /** Second half: the machine's answer. For purpose identity it answers as card.identity; for purpose key the key's rights are open for the rest of the lease. Role: reader. */
    public CardAuthenticateCompleteResult cardAuthenticateComplete(CardAuthenticateCompleteParams params) throws SscardException {
        return call("card.authenticate.complete", params, CardAuthenticateCompleteResult.class);
    }

    /** Verifies the holder's PIN. Its rights last as long as the lease. Role: reader. */
    public PinVerifyResult pinVerify(PinVerifyParams params) throws SscardException {
        return call("pin.verify", params, PinVerifyResult.class);
    }

    /** Verifies the holder's PIN. Its rights last as long as the lease. Role: reader. */
    public PinVerifyResult pinVerify() throws SscardException {
        return pinVerify(new PinVerifyParams());
    }

    /** Changes the PIN. Role: reader. */
    public PinChangeResult pinChange(PinChangeParams params) throws SscardException {
        return call("pin.change", params, PinChangeResult.class);
    }

    /** Sets a new PIN without the old one, through PSAM or key file. Without them (need_remote_authentication): card.authenticate.begin and complete for the key PUK; then op, remote and lease answer the card's challenge; then op, lease and command send the back office's command. Role: operator. */
    public PinReloadResult pinReload(PinReloadParams params) throws SscardException {
        return call("pin.reload", params, PinReloadResult.class);
    }

    /** Gives the PIN its tries back, through PSAM or key file. Without them, as for pin.reload: the key PUK, then remote, then command. Role: operator. */
    public PinUnblockResult pinUnblock(PinUnblockParams params) throws SscardException {
        return call("pin.unblock", params, PinUnblockResult.class);
    }

    /** The balance in fen. Role: reader. */
    public PurseBalanceResult purseBalance(PurseBalanceParams params) throws SscardException {
        return call("purse.balance", params, PurseBalanceResult.class);
    }

    /** The balance in fen. Role: reader. */
    public PurseBalanceResult purseBalance() throws SscardException {
        return purseBalance(new PurseBalanceParams());
    }

    /** Takes money. It is journalled before the card acts; a repeated op answers what happened and touches nothing. outcome_unknown: insert the same card again. Role: biller. */
    public PurseDebitResult purseDebit(PurseDebitParams params) throws SscardException {
        return call("purse.debit", params, PurseDebitResult.class);
    }

    /** Debit with the back office's key machine, first half: holds the card and hands out what MAC1 needs. Nothing has moved yet; a debit that is not completed under its lease is abandoned. A repeated op answers what happened. Role: biller. */
    public PurseDebitBeginResult purseDebitBegin(PurseDebitBeginParams params) throws SscardException {
        return call("purse.debit.begin", params, PurseDebitBeginResult.class);
    }

    /** Second half: the key machine's answer. It is journalled, then sent to the card once. MAC2 is not checked here (mac2_checked is false): hand mac2 and tac to the key machine, pass on what it says with purse.debit.verified, and give no goods when it refuses them. With id, a second complete answers what happened and touches nothing. Role: biller. */
    public PurseDebitCompleteResult purseDebitComplete(PurseDebitCompleteParams params) throws SscardException {
        return call("purse.debit.complete", params, PurseDebitCompleteResult.class);
    }

    /** What the back office's key machine says of the MAC2 and TAC of a debit whose mac2_checked is false (evidence reply_unchecked or proof_tac; unknown with mac2 and tac: the card has shown its proof and wants the PIN for the rest, and right settles it). right: evidence host_mac2. wrong: it is answered with debit_disputed, as is every repeat of the op from then on; the row is unproven, evidence host_mac2_wrong, until an operator decides (txn.resolve). Journalled before it is answered; said again it changes nothing, said otherwise it is verdict_conflict. No card is needed. Role: biller. */
    public PurseDebitVerifiedResult purseDebitVerified(PurseDebitVerifiedParams params) throws SscardException {
        return call("purse.debit.verified", params, PurseDebitVerifiedResult.class);
    }

    /** First half of a load: holds the card and hands out what the host needs. Role: biller. */
    public PurseLoadBeginResult purseLoadBegin(PurseLoadBeginParams params) throws SscardException {
        return call("purse.load.begin", params, PurseLoadBeginResult.class);
    }

    /** Second half: the host's answer. Role: biller. */
    public PurseLoadCompleteResult purseLoadComplete(PurseLoadCompleteParams params) throws SscardException {
        return call("purse.load.complete", params, PurseLoadCompleteResult.class);
    }

    /** The card's own transaction log, newest first. Role: reader. */
    public PurseLogResult purseLog(PurseLogParams params) throws SscardException {
        return call("purse.log", params, PurseLogResult.class);
    }

    /** The card's own transaction log, newest first. Role: reader. */
    public PurseLogResult purseLog() throws SscardException {
        return purseLog(new PurseLogParams());
    }

    /** One transaction of the journal, by id or op. Others' transactions are seen by operators. Role: biller. */
    public TxnGetResult txnGet(TxnGetParams params) throws SscardException {
        return call("txn.get", params, TxnGetResult.class);
    }

    /** One transaction of the journal, by id or op. Others' transactions are seen by operators. Role: biller. */
    public TxnGetResult txnGet() throws SscardException {
        return txnGet(new TxnGetParams());
    }

    /** Transactions of the journal, newest first. Role: biller. */
    public TxnListResult txnList(TxnListParams params) throws SscardException {
        return call("txn.list", params, TxnListResult.class);
    }

    /** Transactions of the journal, newest first. Role: biller. */
    public TxnListResult txnList() throws SscardException {
        return txnList(new TxnListParams());
    }

    /** Asks the card about its open transactions; a card that has to show its balance for that wants its PIN. With id and decision: an operator's word on one that no card can prove. Role: biller. */
    public TxnResolveResult txnResolve(TxnResolveParams params) throws SscardException {
        return call("txn.resolve", params, TxnResolveResult.class);
    }

    /** Asks the card about its open transactions; a card that has to show its balance for that wants its PIN. With id and decision: an operator's word on one that no card can prove. Role: biller. */
    public TxnResolveResult txnResolve() throws SscardException {
        return txnResolve(new TxnResolveParams());
    }

    /** Resets the card. What a two-step has begun on it is given up, PIN and key rights are gone. Role: admin. */
    public CardResetResult cardReset(CardResetParams params) throws SscardException {
        return call("card.reset", params, CardResetResult.class);
    }

    /** Resets the card. What a two-step has begun on it is given up, PIN and key rights are gone. Role: admin. */
    public CardResetResult cardReset() throws SscardException {
        return cardReset(new CardResetParams());
    }

    /** One raw command. The commands that move money are refused: money goes through the journal. With reader, or with a lease that an administrator took on it, also in the slot of a PSAM: the service lends it out, and opens its own session again when the lease is over. Role: admin. */
    public ApduTransmitResult apduTransmit(ApduTransmitParams params) throws SscardException {
        return call("apdu.transmit", params, ApduTransmitResult.class);
    }

    /** Every exchange as a notification &#123;"method":"trace","params":&#123;reader, line&#125;&#125;, redacted. A card that nobody holds is powered anew, so that the trace has all of its answers. Role: admin. */
    public void traceStart(TraceStartParams params) throws SscardException {
        call("trace.start", params, Object.class);
    }

    /** Every exchange as a notification &#123;"method":"trace","params":&#123;reader, line&#125;&#125;, redacted. A card that nobody holds is powered anew, so that the trace has all of its answers. Role: admin. */
    public void traceStart() throws SscardException {
        traceStart(new TraceStartParams());
    }

    /** No more trace lines on this connection. Role: admin. */
    public void traceStop(TraceStopParams params) throws SscardException {
        call("trace.stop", params, Object.class);
    }

    /** No more trace lines on this connection. Role: admin. */
    public void traceStop() throws SscardException {
        traceStop(new TraceStopParams());
    }

    /** Puts a simulated card into a simulated reader. Role: admin. */
    public void simInsert(SimInsertParams params) throws SscardException {
        call("sim.insert", params, Object.class);
    }

    /** Takes the simulated card out. Role: admin. */
    public void simRemove(SimRemoveParams params) throws SscardException {
        call("sim.remove", params, Object.class);
    }

    /** Makes the simulated card misbehave. Role: admin. */
    public void simFault(SimFaultParams params) throws SscardException {
        call("sim.fault", params, Object.class);
    }

    /** What the simulated holder types on the reader's keypad. Role: admin. */
    public void simPin(SimPinParams params) throws SscardException {
        call("sim.pin", params, Object.class);
    }
}
