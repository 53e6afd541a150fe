// SPDX-License-Identifier: Apache-2.0
import sscard.Methods;
import sscard.Service;
import sscard.SscardException;

/**
 * Who holds the card, then a debit.
 * usage: java Billing FEN OP     OP is the till's own key for the sale: started again with it, nothing is paid twice
 */
public final class Billing {
    public static void main(String[] arguments) {
        if (arguments.length != 2) {
            System.err.println("usage: java Billing FEN OP");
            System.exit(2);
        }
        String locale = System.getenv().getOrDefault("LANG", "");
        String lang = locale.startsWith("zh") ? "zh" : "en";
        try (Service service = new Service()) {
            Methods.Identity who = service.cardIdentity();
            System.out.printf("%s, genuine: %s%n", who.name(), who.genuine());
            Methods.PurseDebitResult sale = service.debit(
                    new Methods.PurseDebitParams(Long.parseLong(arguments[0]), arguments[1]).pin(Service.pinPad()));
            System.out.printf("transaction %d, %s, balance %.2f%n", sale.txn().id(),
                    sale.repeated() ? "repeated" : "paid", sale.txn().balanceAfter() / 100.0);
        } catch (SscardException e) {
            System.err.println(e.text(lang) + "\n" + e.remedy(lang));
            System.exit(1);
        }
    }
}
