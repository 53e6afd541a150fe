// SPDX-License-Identifier: Apache-2.0
package sscard;

import com.google.gson.JsonObject;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A call that failed. Programs switch on {@link #symbol}, which is one of {@link Methods.Symbols} or newer. */
public final class SscardException extends Exception {
    private static final long serialVersionUID = 1;

    /** The stable name, "no_card". */
    public final String symbol;
    /** The number of the service's error object. */
    public final int code;
    /** The request had left when the connection or the time was lost: the service may have acted on it. */
    public final boolean sent;
    /** All that the service said. */
    private final transient Methods.ErrorData data;
    /** Of a debit: give the same op again, and nothing happens twice. Null otherwise. */
    private final String op;

    record Known(int code, String en, String zh, String remedyEn, String remedyZh) {
    }

    SscardException(int code, String message, Methods.ErrorData data, boolean sent, String op) {
        super(Stream.of(data.symbol(), message, data.detail()).filter(part -> part != null && !part.isEmpty())
                .collect(Collectors.joining(": ")));
        this.symbol = data.symbol() == null ? "" : data.symbol();
        this.code = code;
        this.data = data;
        this.sent = sent;
        this.op = op;
    }

    static SscardException local(String symbol, String detail, boolean sent) {
        Known known = Methods.LOCAL.get(symbol);
        JsonObject data = new JsonObject();
        data.addProperty("symbol", symbol);
        data.add("text", Connection.GSON.toJsonTree(new Methods.Text(known.en(), known.zh())));
        data.add("remedy", Connection.GSON.toJsonTree(new Methods.Text(known.remedyEn(), known.remedyZh())));
        data.addProperty("detail", detail);
        return new SscardException(known.code(), known.en(), Connection.GSON.fromJson(data, Methods.ErrorData.class), sent, null);
    }

    SscardException with(String newOp) {
        SscardException e = new SscardException(code, data.text() == null ? null : data.text().en(), data, sent, newOp);
        e.setStackTrace(getStackTrace());
        return e;
    }

    private static String in(Methods.Text text, String lang) {
        String said = text == null ? "" : lang.startsWith("zh") ? text.zh() : text.en();
        return said == null ? "" : said;
    }

    /** What happened; lang: "en" or "zh". */
    public String text(String lang) {
        return in(data.text(), lang);
    }

    /** What to do about it; lang: "en" or "zh". */
    public String remedy(String lang) {
        return in(data.remedy(), lang);
    }

    /** What it was about; lang: "en" or "zh"; empty where there is nothing to say. */
    public String detail(String lang) {
        String said = lang.startsWith("zh") && data.detailZh() != null ? data.detailZh() : data.detail();
        return said == null ? "" : said;
    }

    /** The status word of the card; null when the failure has none. */
    public Integer sw() {
        return data.sw() == null ? null : Integer.valueOf(data.sw(), 16);
    }

    /** The PIN's tries that are left; null when it is not about a PIN. */
    public Long tries() {
        return data.tries();
    }

    /** The journal's row of a transaction that did not end well, or null. */
    public Methods.Txn txn() {
        return data.txn();
    }

    /** Of a debit: give the same op again, and nothing happens twice. Null otherwise. */
    public String op() {
        return op;
    }
}
