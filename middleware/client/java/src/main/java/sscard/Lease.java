// SPDX-License-Identifier: Apache-2.0
package sscard;

/** A card held for several calls: its methods use the card under the lease. close() gives it back. */
public final class Lease extends Methods implements AutoCloseable {
    private final Service service;
    private final CardAcquireResult granted;

    Lease(Service service, CardAcquireResult granted) {
        this.service = service;
        this.granted = granted;
    }

    public String id() {
        return granted.lease();
    }

    public String card() {
        return granted.card();
    }

    public String reader() {
        return granted.reader();
    }

    @Override
    <T> T call(String method, Params params, Class<T> result) throws SscardException {
        if (LEASED.contains(method)) {
            params.values.put("lease", id());
        }
        return service.call(method, params, result);
    }

    @Override
    public void close() {
        try {
            service.cardRelease(new CardReleaseParams(id()));
        } catch (SscardException e) {
            // over already: the card was taken out, the time ran out, the service is gone
        }
    }
}
