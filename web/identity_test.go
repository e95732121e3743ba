package web

import (
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// someIdentity is a certificate that ends in 2027, and two phones that do not trust it.
type someIdentity struct{}

func (someIdentity) Leaf() *x509.Certificate {
	return &x509.Certificate{NotAfter: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}
}

func (someIdentity) Failures() map[string]int64 {
	return map[string]int64{"certificate_refused": 2, "too_old": 0}
}

// The end of the certificate of the pages, and who does not come through by TLS, are metrics.
func TestIdentityMetrics(t *testing.T) {
	m := exercised()
	m.Identity(someIdentity{})
	const want = `# HELP deskd_own_certificate_expiry_timestamp_seconds When the certificate ends that is shown to those who come by TLS, in seconds since 1970.
# TYPE deskd_own_certificate_expiry_timestamp_seconds gauge
deskd_own_certificate_expiry_timestamp_seconds 1.7987616e+09
# HELP deskd_tls_failures_total Phones, browsers and others that did not come through by TLS, by why: certificate_refused, too_old, no_tls, broken_off.
# TYPE deskd_tls_failures_total counter
deskd_tls_failures_total{why="certificate_refused"} 2
deskd_tls_failures_total{why="too_old"} 0
`
	if err := testutil.GatherAndCompare(m.registry, strings.NewReader(want), "deskd_own_certificate_expiry_timestamp_seconds", "deskd_tls_failures_total"); err != nil {
		t.Error(err)
	}
}
