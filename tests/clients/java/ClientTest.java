// SPDX-License-Identifier: Apache-2.0
import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import sscard.Events;
import sscard.Lease;
import sscard.Methods;
import sscard.Service;
import sscard.SscardException;

/** The Java client with the real service ($SSCARD_SOCKET), and with one that misbehaves. */
public final class ClientTest {
    private static final String R0 = "Simulated reader 0";
    private static final String OP = "till3-20260101-000042";
    private static final String TXN = "{\"id\":7,\"op\":\"" + OP + "\",\"state\":\"confirmed\",\"final\":true,\"amount\":1250}";
    private static int checks;

    interface Work {
        void run() throws Exception;
    }

    interface Use {
        void run(Service service) throws Exception;
    }

    static void same(Object got, Object wanted) {
        checks++;
        if (!Objects.equals(got, wanted)) {
            throw new AssertionError("got " + got + ", wanted " + wanted);
        }
    }

    static SscardException fails(String symbol, boolean sent, Work work) throws Exception {
        try {
            work.run();
        } catch (SscardException e) {
            same(e.symbol + " " + e.sent + " " + e.getMessage(), symbol + " " + sent + " " + e.getMessage());
            return e;
        }
        throw new AssertionError("no error, wanted " + symbol);
    }

    // ---- the real service ----

    static void real() throws Exception {
        try (Service service = new Service()) {
            Methods.Identity who = service.cardIdentity(new Methods.CardIdentityParams().reader(R0));
            same(List.of(who.name(), who.citizenId(), who.genuine()), List.of("张三", "111111198101011110", "yes"));
            same(service.systemPing().journal().ok(), true);
            service.eventsUnsubscribe();
            same(service.call("system.hello", Map.of(), Duration.ofSeconds(1)).getAsJsonObject().get("protocol").getAsInt(), 1);

            SscardException e = fails("pin_wrong", false,
                    () -> service.pinVerify(new Methods.PinVerifyParams().reader(R0).secret("000000")));
            same(Arrays.asList(e.code, e.tries(), e.text("zh"), e.sw()), Arrays.asList(-80, 5L, "密码错误", null));
            same(e.remedy("en").isEmpty(), false);

            try (Lease card = service.lease(new Methods.CardAcquireParams().reader(R0).holdMs(5000))) {
                card.pinVerify(new Methods.PinVerifyParams().secret("123456"));
                same(card.purseBalance().amount(), 100000L);
                same(card.txnList().txns(), List.of());
                same(service.readerList().readers().get(0).lease().owner().pid(), ProcessHandle.current().pid());
                Methods.PurseDebitResult sale = service.debit(new Methods.PurseDebitParams(500, OP).lease(card.id()));
                same(sale.txn().balanceAfter(), 99500L);
                same(sale.txn().isFinal(), true);
            }
            same(service.readerList().readers().get(0).lease(), null);
            Methods.PurseDebitParams again = new Methods.PurseDebitParams(500, OP).reader(R0).pin(Service.pin("123456"));
            same(service.debit(again).repeated(), true);
            same(fails("op_conflict", false, () -> service.debit(new Methods.PurseDebitParams(501, OP).reader(R0))).op(), OP);

            try (Events events = service.events().open()) {
                same(events.readers().get(0).name(), R0);
                same(events.next(Duration.ofMillis(50)), null);
                service.simRemove(new Methods.SimRemoveParams(R0));
                same(events.next(Duration.ofSeconds(5)).type(), "card.removed");
                service.simInsert(new Methods.SimInsertParams(R0));
                same(events.next(Duration.ofSeconds(5)).type(), "card.inserted");
            }
            threads(service);
        }
        closing();
    }

    /** Another thread closes what one waits in. */
    static void closing() throws Exception {
        Service service = new Service();
        Events events = service.events().open();
        List<Object> told = java.util.Collections.synchronizedList(new ArrayList<>());
        Thread listener = new Thread(() -> {
            try {
                told.add(events.next(Duration.ofSeconds(60)) == null && events.isClosed());
            } catch (SscardException e) {
                told.add(e);
            }
        });
        Thread caller = new Thread(() -> {
            try {
                service.cardWait(new Methods.CardWaitParams().reader(R0).state("absent").deadlineMs(60000L));
            } catch (SscardException e) {
                told.add(e.symbol);
            }
        });
        service.systemHello();
        listener.start();
        caller.start();
        Thread.sleep(300);
        events.close();
        listener.join(10000);
        service.close();
        caller.join(10000);
        same(told, List.of(true, "daemon_absent"));
        same(events.next(Duration.ofSeconds(5)), null);
    }

    static void threads(Service service) throws Exception {
        List<String> names = java.util.Collections.synchronizedList(new ArrayList<>());
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Thread thread = new Thread(() -> {
                try {
                    names.add(service.cardIdentity(new Methods.CardIdentityParams().reader(R0)).name());
                } catch (SscardException e) {
                    names.add(e.symbol);
                }
            });
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        same(names, java.util.Collections.nCopies(8, "张三"));
    }

    // ---- a script ----

    /** Rows of method and answer: a result or {"error":..} as JSON, "raw:" and bytes, "hang up" or "silence". Returns the requests. */
    static List<JsonObject> script(List<String> rows, Use use) throws Exception {
        Path folder = Files.createTempDirectory("sscard-java-");
        Path path = folder.resolve("s");
        ArrayDeque<String> left = new ArrayDeque<>(rows);
        List<JsonObject> seen = java.util.Collections.synchronizedList(new ArrayList<>());
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(path));
            Thread thread = new Thread(() -> {
                try {
                    while (true) {
                        serve(server.accept(), left, seen);
                    }
                } catch (Exception e) {
                    // closed at the end
                }
            });
            thread.setDaemon(true);
            thread.start();
            try (Service service = new Service(path, Duration.ofSeconds(5))) {
                use.run(service);
            }
        } finally {
            Files.deleteIfExists(path);
            Files.delete(folder);
        }
        same(left.size(), 0);
        return seen;
    }

    static void serve(SocketChannel channel, ArrayDeque<String> left, List<JsonObject> seen) throws Exception {
        try (channel; BufferedReader lines = new BufferedReader(new InputStreamReader(Channels.newInputStream(channel),
                StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                JsonObject request = JsonParser.parseString(line).getAsJsonObject();
                seen.add(request);
                boolean hello = request.get("method").getAsString().equals("system.hello");
                String method = hello ? "system.hello" : left.remove();
                String answer = hello ? "{\"protocol\":1,\"joined_later\":[{}]}" : left.remove();
                if (!method.equals(request.get("method").getAsString()) || answer.equals("hang up")) {
                    return;
                }
                if (answer.startsWith("raw:")) {
                    channel.write(ByteBuffer.wrap(answer.substring(4).getBytes(StandardCharsets.UTF_8)));
                    if (!answer.endsWith("\n")) {
                        return;
                    }
                } else if (!answer.equals("silence")) {
                    JsonElement given = JsonParser.parseString(answer);
                    JsonObject whole = new JsonObject();
                    whole.add("id", request.get("id"));
                    boolean failed = given.isJsonObject() && given.getAsJsonObject().has("error");
                    whole.add(failed ? "error" : "result", failed ? given.getAsJsonObject().get("error") : given);
                    channel.write(ByteBuffer.wrap((new Gson().toJson(whole) + "\n").getBytes(StandardCharsets.UTF_8)));
                }
            }
        }
    }

    static String error(String symbol, int code) {
        return "{\"error\":{\"code\":" + code + ",\"message\":\"m\",\"data\":{\"symbol\":\"" + symbol + "\",\"joined_later\":1}}}";
    }

    static void scripted() throws Exception {
        List<JsonObject> seen = script(List.of("card.identity", "{\"name\":\"\",\"later\":1}"), c ->
                same(c.cardIdentity(new Methods.CardIdentityParams().parts("full").deadlineMs(1000)).name(), ""));
        same(seen.get(0).getAsJsonObject("params").get("protocol").getAsInt(), Methods.PROTOCOL);
        long told = seen.get(1).getAsJsonObject("params").get("deadline_ms").getAsLong();
        same(told >= 500 && told <= 950, true);

        Map<String, String> broken = Map.of("raw:{\"id\":2,\"res", "daemon_absent", "raw:garbage\n", "parse_error",
                "raw:[1]\n", "parse_error", "raw:{\"id\":2,\"error\":7}\n", "parse_error", "raw:{'id':2,'result':1}\n", "parse_error",
                "raw:{\"id\":2,\"result\":1} x\n", "parse_error", "raw:" + "[".repeat(100000) + "\n", "parse_error");
        for (Map.Entry<String, String> row : broken.entrySet()) {
            script(List.of("card.info", row.getKey(), "card.info", "{}"), c -> {
                fails(row.getValue(), true, c::cardInfo);
                c.cardInfo();
            });
        }
        script(List.of("card.info", "{\"error\":{}}"), c -> fails("", false, c::cardInfo));
        for (String odd : List.of("{'code':'x','message':5,'data':[1]}",
                "{'data':{'symbol':7,'text':'t','remedy':[],'sw':3,'tries':'no','txn':5}}",
                "{'data':{'sw':'ZZZZ','text':{'en':7},'detail':{},'detail_zh':1}}",
                "{'code':1.5,'data':{'sw':9000,'sw_text':'t','sw_name':1,'tries':2.5,'txn':{'id':'x'},'text':null,'symbol':null}}",
                "{'code':null,'message':null,'data':null}")) {
            script(List.of("card.info", "{\"error\":" + odd.replace('\'', '"') + "}"), c -> {
                SscardException e = fails("", false, c::cardInfo);
                same(e.code, -32700);
                same(e.sw(), null);
                same(e.tries(), null);
                same(e.txn(), null);
                same(e.text("zh") + e.remedy("zh") + e.detail("zh") + e.getMessage(), "");
            });
        }
        script(List.of("card.info", ("{'error':{'code':-47,'message':'m','data':{'symbol':'card_status','sw':'6A82','tries':'no',"
                + "'text':{'en':'e','zh':'z'},'later':[1]}}}").replace('\'', '"')), c -> {
                    SscardException e = fails("card_status", false, c::cardInfo);
                    same(e.code, -47);
                    same(e.sw(), 0x6A82);
                    same(e.tries(), null);
                    same(e.text("zh"), "z");
                });
        script(List.of("card.info", "{}", "card.info", "silence", "card.info", "raw:{\"id\":3,\"result\":\"late\"}\n"
                + "{\"method\":\"event\",\"params\":{}}\n{\"id\":4,\"result\":{\"city\":\"郑州\"}}\n"), c -> {
                    c.cardInfo(); // connected
                    fails("deadline_exceeded", true, () -> c.cardInfo(new Methods.CardInfoParams().deadlineMs(50)));
                    same(c.cardInfo().city(), "郑州");
                });
        nobodyAccepts();
        fails("daemon_absent", false, () -> new Service(Path.of("/nonexistent/s"), Duration.ofSeconds(1)).cardInfo());
        same(Service.pin("123456").toString().contains("123456"), false);
        same(Service.newOp("till3").matches("till3-\\d{14}-[0-9a-f]{16}"), true);
        same(Service.newOp("x".repeat(99)).length() <= 64, true);
    }

    /** A full queue does not hold the caller beyond its deadline. */
    static void nobodyAccepts() throws Exception {
        Path folder = Files.createTempDirectory("sscard-java-");
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(folder.resolve("s"));
        List<SocketChannel> waiting = new ArrayList<>();
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(address, 1);
            for (int i = 0; i < 4; i++) {
                SocketChannel one = SocketChannel.open(StandardProtocolFamily.UNIX);
                one.configureBlocking(false);
                waiting.add(one);
                try {
                    one.connect(address);
                } catch (java.net.SocketException e) {
                    break; // full
                }
            }
            fails("deadline_exceeded", false, () -> new Service(address.getPath(), Duration.ofMillis(100)).cardInfo());
            for (SocketChannel one : waiting) {
                one.close();
            }
        }
        Files.delete(address.getPath());
        Files.delete(folder);
    }

    static void debits() throws Exception {
        Methods.PurseDebitParams sale = new Methods.PurseDebitParams(1250, OP).pin(Service.pin("123456"));
        script(List.of("purse.debit", "hang up", "txn.get", "{\"txn\":" + TXN + "}"), c -> same(c.debit(sale).repeated(), true));
        List<JsonObject> seen = script(List.of("purse.debit", "hang up", "txn.get", error("transaction_not_found", -111), "purse.debit",
                "{\"txn\":" + TXN + ",\"repeated\":false}"), c -> same(c.debit(sale).repeated(), false));
        same(seen.stream().filter(r -> r.get("method").getAsString().equals("purse.debit"))
                .map(r -> r.getAsJsonObject("params").get("op").getAsString()).toList(), List.of(OP, OP));
        script(List.of("purse.debit", "hang up", "txn.get", "{\"txn\":" + TXN.replace("confirmed", "refused") + "}", "purse.debit",
                error("insufficient_funds", -100)), c -> same(fails("insufficient_funds", false, () -> c.debit(sale)).op(), OP));
        script(List.of("purse.debit", "{}", "txn.get", "{}", "txn.get", "{\"txn\":" + TXN + "}"), // no transaction is no answer
                c -> same(c.debit(sale).txn().state(), "confirmed"));
        script(List.of("purse.debit", error("pin_wrong", -80)), c -> fails("pin_wrong", false, () -> c.debit(sale)));
        script(List.of("card.info", "{}", "purse.debit", "silence"), c -> {
            c.cardInfo(); // connected
            same(fails("deadline_exceeded", true, () -> c.debit(new Methods.PurseDebitParams(1, OP).deadlineMs(200))).op(), OP);
        });
    }

    public static void main(String[] arguments) throws Exception {
        real();
        scripted();
        debits();
        System.out.println(checks + " checks");
    }
}
