// SPDX-License-Identifier: Apache-2.0
package sscard;

import com.google.gson.JsonElement;
import com.google.gson.JsonSyntaxException;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A client of the sscard service. One connection, safe for several threads: they take turns. It connects at the first call and again
 * after a connection was lost, which is told once, as daemon_absent. Leases do not outlive their connection.
 */
public final class Service extends Methods implements AutoCloseable {
    private static final Set<String> LOST = Set.of("daemon_absent", "deadline_exceeded", "parse_error", "line_too_long");

    private final Path path;
    private final Duration timeout;
    private final ReentrantLock turn = new ReentrantLock();
    private volatile Connection connection;

    public Service() {
        this(null, Duration.ofSeconds(30));
    }

    /** path: the socket; null: the usual places. timeout: of calls that name no deadline. */
    public Service(Path path, Duration timeout) {
        this.path = path;
        this.timeout = timeout;
    }

    /** A new idempotency key: prefix, time, and chance. prefix: at most 30 of A-Z a-z 0-9 . _ : - */
    public static String newOp(String prefix) {
        byte[] chance = new byte[8];
        new SecureRandom().nextBytes(chance);
        return prefix.substring(0, Math.min(30, prefix.length())) + "-"
                + DateTimeFormatter.ofPattern("yyyyMMddHHmmss").format(ZonedDateTime.now(ZoneOffset.UTC)) + "-"
                + HexFormat.of().formatHex(chance);
    }

    /** The PIN as the caller's own text. */
    public static Pin pin(String secret) {
        return new Pin(null, secret);
    }

    /** The PIN, typed on the reader's keypad. */
    public static Pin pinPad() {
        return new Pin("pinpad", null);
    }

    private long deadline(Params params) {
        Object ms = params.values.get("deadline_ms");
        return System.nanoTime() + (ms == null ? timeout.toNanos() : TimeUnit.MILLISECONDS.toNanos((Long) ms));
    }

    /** Any method by its name, for what is newer than this library; the result as JSON. */
    public JsonElement call(String method, Map<String, Object> params, Duration within) throws SscardException {
        return call(method, params, System.nanoTime() + within.toNanos());
    }

    @Override
    <T> T call(String method, Params params, Class<T> result) throws SscardException {
        JsonElement answer = call(method, params.values, deadline(params));
        try {
            return Connection.GSON.fromJson(answer, result);
        } catch (JsonSyntaxException e) {
            throw SscardException.local("parse_error", method, true);
        }
    }

    private JsonElement call(String method, Map<String, Object> params, long deadline) throws SscardException {
        boolean mine = false;
        try {
            mine = turn.tryLock(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
            if (!mine) {
                throw SscardException.local("deadline_exceeded", "another thread's call lasts", false);
            }
            return locked(method, params, deadline);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw SscardException.local("cancelled", "interrupted", false);
        } finally {
            if (mine) {
                turn.unlock();
            }
        }
    }

    private JsonElement locked(String method, Map<String, Object> params, long deadline) throws SscardException {
        boolean sent = false;
        try {
            if (connection == null) {
                connection = new Connection(path, deadline);
            }
            sent = true;
            return connection.call(method, params, deadline);
        } catch (Connection.Late e) { // the answer that comes late has another number
            throw SscardException.local("deadline_exceeded", "the service did not answer in time", sent);
        } catch (IOException e) {
            drop();
            throw SscardException.local("daemon_absent", "the connection was lost", sent);
        } catch (SscardException e) {
            if (e.sent) { // what came was no answer
                drop();
            }
            throw e;
        }
    }

    private void drop() {
        Connection over = connection;
        connection = null;
        if (over != null) {
            over.close();
        }
    }

    /** Hangs up; leases end with it. A call that another thread waits in ends with daemon_absent. */
    @Override
    public void close() {
        Connection waiting = connection;
        if (waiting != null) {
            waiting.end();
        }
        turn.lock();
        try {
            drop();
        } finally {
            turn.unlock();
        }
    }

    /** Takes the card for several calls, until the lease is closed. */
    public Lease lease(CardAcquireParams params) throws SscardException {
        return new Lease(this, cardAcquire(params));
    }

    /** What happens at the readers, on a connection of its own. */
    public Events events() {
        return new Events(path, timeout);
    }

    /**
     * purseDebit() that sees it through: when the connection or the answer is lost it asks the service what happened, or sends the
     * same op again, until the deadline. An exception carries op: debit() with the same op goes on from there and takes no money twice.
     */
    public PurseDebitResult debit(PurseDebitParams params) throws SscardException {
        String op = (String) params.values.get("op");
        long deadline = deadline(params);
        PurseDebitParams again = new PurseDebitParams((Long) params.values.get("amount"), op);
        again.values.putAll(params.values);
        while (true) {
            SscardException lost;
            try {
                again.values.put("deadline_ms", Math.max(1, Connection.left(deadline)));
                PurseDebitResult result = purseDebit(again);
                checked(result == null ? null : result.txn());
                return result;
            } catch (SscardException e) {
                lost = e.with(op);
                boolean open = e.sent && LOST.contains(e.symbol) || e.symbol.equals("op_in_progress");
                if (!open || Connection.left(deadline) <= 0) {
                    throw lost;
                }
            }
            Txn txn = ask(op, deadline, lost);
            if (txn != null && (txn.state().equals("confirmed") || txn.state().equals("debited"))) {
                return new PurseDebitResult(txn, true);
            }
            again.values.remove("lease"); // a lease does not outlive its connection
        }
    }

    private static Txn checked(Txn txn) throws SscardException {
        if (txn == null || txn.state() == null) { // no answer: the service has to be asked
            throw SscardException.local("parse_error", "the answer holds no transaction", true);
        }
        return txn;
    }

    /** The journal's row once its outcome is known; null when there is none: then nothing was done. */
    private Txn ask(String op, long deadline, SscardException lost) throws SscardException {
        while (Connection.left(deadline) > 0) {
            try {
                Thread.sleep(100);
                Methods.TxnGetResult known = txnGet(new TxnGetParams().op(op).deadlineMs(Math.max(1, Connection.left(deadline))));
                Txn txn = checked(known == null ? null : known.txn());
                if (txn.isFinal() || txn.state().equals("unknown")) {
                    return txn; // a repeat of the op answers what it means
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw lost;
            } catch (SscardException e) {
                if (e.symbol.equals("transaction_not_found")) {
                    return null;
                }
                if (!LOST.contains(e.symbol)) {
                    throw e.with(op);
                }
            }
        }
        throw lost;
    }
}
