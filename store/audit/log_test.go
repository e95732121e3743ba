package audit

import (
	"testing"
)

// Digest and hash can be computed by any program from what the documentation says.
func TestAuditHash(t *testing.T) {
	r := Row{ID: 7, At: "2026-03-02T08:00:00.000Z", Actor: "cli:jane", Verb: "reserve", Kind: "reservation", Item: "x", What: `{"is":{}}`, Salt: "cd"}
	// printf '2:cd,1:x,9:{"is":{}},' | sha256sum
	r.Digest = "86a7c67dc74e87c2b04898f29a115843db782a4e6c7fe1b406848c254073c86c"
	same(t, "digest", r.Digest, r.seal())
	// printf "2:ab,1:7,24:2026-03-02T08:00:00.000Z,8:cli:jane,7:reserve,11:reservation,64:$digest," | sha256sum
	same(t, "hash", "4dd7237d6029c6a44aa849657e16fb905b7e172ccfdf759c905dbd5e9d813e2a", r.sum("ab"))
}
