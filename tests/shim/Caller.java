// SPDX-License-Identifier: Apache-2.0
import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** caller.c in Java, through JNA: Caller LIBRARY. */
final class Caller {
    private static final int CANARY = 64;
    private static final byte FILL = (byte) 0xA5;
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private static final class Argument {
        final char kind;
        final Object value;
        private Memory memory;
        private int size;

        Argument(String word) {
            kind = word.charAt(0);
            String text = word.length() > 2 ? word.substring(2) : "";
            switch (kind) {
                case 's' -> value = buffer(HEX.parseHex(text), text.length() / 2 + 1);
                case 'o', 'b' -> value = buffer(null, Integer.parseInt(text));
                case 'i' -> value = Integer.valueOf(text);
                case 'l' -> value = new NativeLong(Long.parseLong(text));
                case 'c' -> value = (byte) Integer.parseInt(text);
                default -> value = Pointer.NULL;
            }
        }

        private Pointer buffer(byte[] content, int length) {
            size = length;
            memory = new Memory(length + 2L * CANARY);
            memory.setMemory(0, memory.size(), FILL);
            if (content != null) {
                memory.write(CANARY, content, 0, content.length);
                memory.setByte(CANARY + content.length, (byte) 0);
            }
            return memory.share(CANARY);
        }

        boolean intact() {
            boolean ok = true;
            for (int i = 0; memory != null && i < CANARY; i++) {
                ok = ok && memory.getByte(i) == FILL && memory.getByte(CANARY + size + i) == FILL;
            }
            return ok;
        }

        String tell(long result) {
            int length = 0;
            if (kind == 'o') {
                while (length < size && memory.getByte(CANARY + length) != 0) {
                    length++;
                }
                if (length == size && size > 0) {
                    return " NO-END";
                }
            } else if (result > 0) {
                length = (int) Math.min(result, size);
            }
            return length == 0 ? " -" : " " + HEX.formatHex(memory.getByteArray(CANARY, length));
        }
    }

    private static String serve(NativeLibrary library, String line) {
        String[] words = line.split(" ");
        List<Argument> arguments = new ArrayList<>();
        for (int i = 1; i < words.length; i++) {
            arguments.add(new Argument(words[i]));
        }
        Function function = library.getFunction(words[0]);
        Object[] values = arguments.stream().map(a -> a.value).toArray();
        long result = ((NativeLong) function.invoke(NativeLong.class, values)).longValue();
        StringBuilder out = new StringBuilder();
        if (!arguments.stream().allMatch(Argument::intact)) {
            out.append("BROKEN ").append(result).append(" written beyond a buffer:");
        } else {
            out.append(result);
        }
        for (Argument a : arguments) {
            if (a.kind == 'o' || a.kind == 'b') {
                out.append(a.tell(result));
            }
        }
        return out.toString();
    }

    public static void main(String[] args) throws IOException {
        NativeLibrary library = NativeLibrary.getInstance(args[0]);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            System.out.println(serve(library, line));
        }
    }
}
