// SPDX-License-Identifier: Apache-2.0
package sscard;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What happens at the readers. A lost connection is made again; when events were missed that the service does not know any more, one of
 * type "subscription.renewed" comes, and readers() is new. For one thread at a time; close() may come from any.
 */
public final class Events implements AutoCloseable {
    private final Path path;
    private final Duration timeout;
    private final ArrayDeque<Methods.Event> waiting = new ArrayDeque<>();
    private final ReentrantLock turn = new ReentrantLock();
    private volatile Connection connection;
    private volatile boolean closed;
    private List<Methods.Reader> readers = List.of();
    private long seq = -1;

    Events(Path path, Duration timeout) {
        this.path = path;
        this.timeout = timeout;
    }

    /** The snapshot from which the events count. */
    public List<Methods.Reader> readers() {
        return readers;
    }

    /** Subscribes, so that nothing is missed from here on; next() does it too. */
    public Events open() throws SscardException {
        turn.lock();
        try {
            closed = false;
            subscribe();
        } catch (Connection.Late e) {
            throw SscardException.local("deadline_exceeded", "the service did not answer in time", false);
        } catch (IOException e) {
            throw SscardException.local("daemon_absent", "the connection was lost", false);
        } finally {
            turn.unlock();
        }
        return this;
    }

    private void subscribe() throws SscardException, Connection.Late, IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        hangUp();
        Connection dialled = new Connection(path, deadline);
        connection = dialled;
        Methods.EventsSubscribeResult snapshot = Connection.GSON.fromJson(dialled.call("events.subscribe",
                seq >= 0 ? Map.of("from_seq", seq) : Map.of(), deadline), Methods.EventsSubscribeResult.class);
        if (seq >= 0 && snapshot.missed() != null) {
            waiting.addAll(snapshot.missed());
        } else if (seq >= 0) {
            JsonObject renewed = new JsonObject();
            renewed.addProperty("seq", snapshot.seq());
            renewed.addProperty("type", "subscription.renewed");
            waiting.add(Connection.GSON.fromJson(renewed, Methods.Event.class));
        }
        seq = snapshot.seq();
        readers = snapshot.readers();
    }

    /** The next event; null when none came in time, or when it is closed. */
    public Methods.Event next(Duration within) throws SscardException {
        turn.lock();
        try {
            return await(System.nanoTime() + within.toNanos());
        } finally {
            turn.unlock();
        }
    }

    public boolean isClosed() {
        return closed;
    }

    private Methods.Event await(long deadline) throws SscardException {
        while (waiting.isEmpty()) {
            if (closed) {
                return null;
            }
            try {
                Connection here = connection;
                if (here == null) {
                    subscribe();
                } else {
                    JsonObject note = here.note(deadline);
                    if (note.get("method").getAsString().equals("event")) {
                        waiting.add(Connection.GSON.fromJson(note.get("params"), Methods.Event.class));
                    }
                }
            } catch (Connection.Late e) {
                return null;
            } catch (IOException e) {
                pause(deadline);
            } catch (SscardException e) {
                if (!e.symbol.equals("daemon_absent") && !e.symbol.equals("shutting_down")) {
                    throw e;
                }
                pause(deadline);
            }
            if (connection == null && Connection.left(deadline) <= 0) {
                return null;
            }
        }
        Methods.Event event = waiting.remove();
        seq = Math.max(seq, event.seq());
        if (event.type().equals("subscription.dropped")) { // we were too slow: the next look asks for what was missed
            hangUp();
        }
        return event;
    }

    private void pause(long deadline) throws SscardException {
        hangUp();
        try {
            Thread.sleep(Math.max(0, Math.min(200, Connection.left(deadline))));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw SscardException.local("cancelled", "interrupted", false);
        }
    }

    private void hangUp() {
        Connection over = connection;
        connection = null;
        if (over != null) {
            over.close();
        }
    }

    /** Ends it, also for a thread that waits in next(). */
    @Override
    public void close() {
        closed = true;
        Connection waitedFor = connection;
        if (waitedFor != null) {
            waitedFor.end();
        }
        turn.lock();
        try {
            hangUp();
        } finally {
            turn.unlock();
        }
    }
}
