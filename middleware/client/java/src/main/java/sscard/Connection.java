// SPDX-License-Identifier: Apache-2.0
package sscard;

import com.google.gson.FieldNamingPolicy;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.ToNumberPolicy;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringReader;
import java.net.BindException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One connection: lines out, lines in, never waiting beyond a deadline (System.nanoTime). For one thread at a time. */
final class Connection implements AutoCloseable {
    static final Gson GSON = new GsonBuilder().setFieldNamingPolicy(FieldNamingPolicy.LOWER_CASE_WITH_UNDERSCORES)
            .setObjectToNumberStrategy(ToNumberPolicy.LONG_OR_DOUBLE).disableHtmlEscaping().create();
    private static final int LINE_MAX = 4 * 1024 * 1024; // the service's longest answer is 1 MiB
    private static final String VERSION = "0.1.0";

    private final SocketChannel channel;
    private final Selector selector;
    private final ByteBuffer piece = ByteBuffer.allocate(65536).flip();
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private final ArrayDeque<JsonObject> notes = new ArrayDeque<>();
    private long number;
    private volatile boolean ended;

    /** The answer did not come in time; the connection is as good as before. */
    static final class Late extends Exception {
        private static final long serialVersionUID = 1;
    }

    Connection(Path path, long deadline) throws SscardException, Late, IOException {
        channel = dial(path, deadline);
        selector = Selector.open();
        try {
            channel.register(selector, SelectionKey.OP_READ);
            call("system.hello", Map.of("client", "java (sscard-java " + VERSION + ")", "protocol", Methods.PROTOCOL), deadline);
        } catch (SscardException | Late | IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    static long left(long deadline) {
        return (deadline - System.nanoTime()) / 1000000;
    }

    // ---- where the service is ----

    /** In a folder that anybody may write to, only one that is this user's own is believed. */
    private static boolean isOwn(Path folder, Object uid) throws IOException {
        return Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
                && Files.getAttribute(folder, "unix:uid", LinkOption.NOFOLLOW_LINKS).equals(uid)
                && ((Integer) Files.getAttribute(folder, "unix:mode", LinkOption.NOFOLLOW_LINKS) & 022) == 0;
    }

    private static List<Path> places(Path path) throws IOException {
        String named = path != null ? path.toString() : System.getenv("SSCARD_SOCKET");
        String runtime = System.getenv("XDG_RUNTIME_DIR");
        List<Path> places = new ArrayList<>();
        if (named != null && !named.isEmpty()) {
            places.add(Path.of(named));
        } else {
            Object uid = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
            Path own = Path.of("/tmp/sscard-" + uid);
            places.add(Path.of("/run/sscard/sscard.sock"));
            if (runtime != null && !runtime.isEmpty()) {
                places.add(Path.of(runtime, "sscard/sscard.sock"));
            }
            if (isOwn(own, uid)) {
                places.add(own.resolve("sscard.sock"));
            }
        }
        return places;
    }

    /** Null: the listener's queue is full. */
    private static SocketChannel tryOnce(Path place) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.configureBlocking(false);
            if (channel.connect(UnixDomainSocketAddress.of(place))) {
                return channel;
            }
        } catch (BindException | ConnectException e) { // its rights; nobody listens
            channel.close();
            throw e;
        } catch (SocketException e) {
            if (Files.notExists(place)) {
                channel.close();
                throw e;
            }
        }
        channel.close();
        return null;
    }

    /** A local connect succeeds or fails at once, or the listener's queue is full: that is waited for. */
    private static SocketChannel dial(Path path, long deadline) throws SscardException, IOException {
        SscardException refused = null;
        for (Path place : places(path)) {
            try {
                SocketChannel channel = tryOnce(place);
                while (channel == null && left(deadline) > 0) {
                    Thread.sleep(5);
                    channel = tryOnce(place);
                }
                if (channel != null) {
                    return channel;
                }
                refused = SscardException.local("deadline_exceeded", place.toString(), false);
            } catch (IOException e) {
                boolean rights = e instanceof BindException;
                if (refused == null || rights) { // one that refuses tells more than one that is absent
                    refused = SscardException.local(rights ? "permission_denied" : "daemon_absent", place.toString(), false);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw SscardException.local("cancelled", "interrupted", false);
            }
        }
        throw refused;
    }

    // ---- lines ----

    private void await(int what, long deadline) throws Late, IOException {
        channel.keyFor(selector).interestOps(what);
        long left = left(deadline);
        int ready = left <= 0 ? selector.selectNow() : selector.select(left);
        if (ended) {
            throw new IOException("closed by another thread");
        }
        if (ready == 0) {
            if (Thread.interrupted()) {
                throw new IOException("interrupted");
            }
            throw new Late();
        }
        selector.selectedKeys().clear();
    }

    private void send(byte[] bytes, long deadline) throws IOException {
        ByteBuffer out = ByteBuffer.wrap(bytes);
        try {
            while (out.hasRemaining()) {
                if (channel.write(out) == 0) {
                    await(SelectionKey.OP_WRITE, deadline);
                }
            }
        } catch (Late e) { // half a line on the wire cannot be taken back
            throw new IOException(e);
        }
    }

    private String readLine(long deadline) throws SscardException, Late, IOException {
        while (true) {
            while (piece.hasRemaining()) {
                byte b = piece.get();
                if (b == '\n') {
                    String text = line.toString(StandardCharsets.UTF_8);
                    line.reset();
                    return text;
                }
                line.write(b);
            }
            if (line.size() > LINE_MAX) {
                throw SscardException.local("line_too_long", "the service's answer is longer than this client takes", true);
            }
            piece.clear();
            int n = channel.read(piece);
            piece.flip();
            if (n < 0) {
                throw new IOException("closed");
            }
            if (n == 0) {
                await(SelectionKey.OP_READ, deadline);
            }
        }
    }

    private static JsonObject parse(String text) throws SscardException {
        try {
            JsonReader reader = new JsonReader(new StringReader(text)); // strict, unlike JsonParser
            JsonElement whole = GSON.getAdapter(JsonElement.class).read(reader);
            if (whole.isJsonObject() && reader.peek() == JsonToken.END_DOCUMENT) {
                JsonObject message = whole.getAsJsonObject();
                JsonElement id = message.get("id");
                boolean numbered = id == null || id.isJsonNull() || id.isJsonPrimitive() && id.getAsJsonPrimitive().isNumber();
                boolean answer = message.has("error") ? message.get("error").isJsonObject() : message.has("result");
                if (numbered && (message.has("method") || answer)) {
                    return message;
                }
            }
        } catch (IOException | JsonParseException | IllegalStateException e) {
            // told below
        }
        throw SscardException.local("parse_error", "the service sent something that is not JSON-RPC 2.0", true);
    }

    // ---- calls ----

    private static boolean isText(JsonElement value) {
        return value.isJsonPrimitive() && value.getAsJsonPrimitive().isString();
    }

    private static boolean isTexts(JsonElement value) {
        return value.isJsonObject() && value.getAsJsonObject().entrySet().stream().allMatch(e -> isText(e.getValue()));
    }

    /** Whether Gson makes such an object of it. */
    private static boolean isA(Class<?> type, JsonElement value) {
        try {
            return !value.isJsonNull() && GSON.fromJson(value, type) != null;
        } catch (RuntimeException e) {
            return false;
        }
    }

    private static boolean isInteger(JsonElement value, long most) {
        try { // Gson would cut 2.5 to 2
            long n = value.isJsonPrimitive() && value.getAsJsonPrimitive().isNumber() ? value.getAsBigDecimal().longValueExact() : Long.MIN_VALUE;
            return n >= -most && n <= most;
        } catch (ArithmeticException | NumberFormatException e) {
            return false;
        }
    }

    private static boolean fits(String name, JsonElement value) {
        return switch (name) {
            case "symbol", "detail", "detail_zh", "sw_name" -> isText(value);
            case "text", "remedy", "sw_text" -> isTexts(value);
            case "sw" -> isText(value) && value.getAsString().matches("[0-9A-Fa-f]{4}");
            case "tries" -> isInteger(value, Long.MAX_VALUE);
            case "txn" -> value.isJsonObject() && isA(Methods.Txn.class, value);
            default -> true;
        };
    }

    /** Members of a wrong type are left out: an error stays an error, whatever the service put into it. */
    static SscardException failure(JsonObject error) {
        JsonObject data = new JsonObject();
        if (error.has("data") && error.get("data").isJsonObject()) {
            error.getAsJsonObject("data").entrySet().stream().filter(e -> fits(e.getKey(), e.getValue()))
                    .forEach(e -> data.add(e.getKey(), e.getValue()));
        }
        JsonElement code = error.get("code"), message = error.get("message");
        return new SscardException(
                code != null && isInteger(code, Integer.MAX_VALUE) ? code.getAsInt() : Methods.LOCAL.get("parse_error").code(),
                message != null && isText(message) ? message.getAsString() : null,
                GSON.fromJson(data, Methods.ErrorData.class), false, null);
    }

    /** The service is told a little less than the caller allows (5 %, at most 500 ms), so that its answer arrives in time. */
    JsonElement call(String method, Map<String, Object> params, long deadline) throws SscardException, Late, IOException {
        long left = Math.max(1, left(deadline));
        long id = ++number;
        Map<String, Object> told = new LinkedHashMap<>(params);
        told.put("deadline_ms", Math.max(1, left - Math.min(500, left / 20)));
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("jsonrpc", "2.0");
        request.put("id", id);
        request.put("method", method);
        request.put("params", told);
        send((GSON.toJson(request) + "\n").getBytes(StandardCharsets.UTF_8), deadline);
        while (true) {
            JsonObject message = parse(readLine(deadline));
            if (message.has("method")) {
                notes.add(message);
            } else if (message.get("id") == null || message.get("id").isJsonNull() || message.get("id").getAsLong() == id) {
                if (message.has("error")) {
                    throw failure(message.getAsJsonObject("error"));
                }
                return message.get("result");
            } // any other is late: its caller has given up
        }
    }

    /** The next notification, whole. */
    JsonObject note(long deadline) throws SscardException, Late, IOException {
        while (notes.isEmpty()) {
            JsonObject message = parse(readLine(deadline));
            if (message.has("method")) {
                notes.add(message);
            }
        }
        return notes.remove();
    }

    /** From any thread: who waits gives up. close() is left to the thread whose turn it is. */
    void end() {
        ended = true;
        selector.wakeup();
    }

    @Override
    public void close() {
        try {
            channel.close();
            selector.close();
        } catch (IOException e) {
            // nobody is there to be told
        }
    }
}
