package web

import (
	"crypto/x509"

	"github.com/prometheus/client_golang/prometheus"
)

// Identity is the certificate that is shown to those who come by TLS.
type Identity interface {
	// Leaf is the certificate.
	Leaf() *x509.Certificate
	// Failures are how many have not come through, by why.
	Failures() map[string]int64
}

// Identity adds when the certificate of the pages ends, and how many do not come through by TLS.
func (m *Metrics) Identity(id Identity) {
	m.registry.MustRegister(identityMetrics{
		Identity: id,
		expiry: prometheus.NewDesc("deskd_own_certificate_expiry_timestamp_seconds",
			"When the certificate ends that is shown to those who come by TLS, in seconds since 1970.", nil, nil),
		failures: prometheus.NewDesc("deskd_tls_failures_total",
			"Phones, browsers and others that did not come through by TLS, by why: certificate_refused, too_old, no_tls, broken_off.", []string{"why"}, nil),
	})
}

// identityMetrics asks an identity at each scrape.
type identityMetrics struct {
	Identity
	expiry, failures *prometheus.Desc
}

// Describe implements [prometheus.Collector].
func (m identityMetrics) Describe(out chan<- *prometheus.Desc) {
	out <- m.expiry
	out <- m.failures
}

// Collect implements [prometheus.Collector].
func (m identityMetrics) Collect(out chan<- prometheus.Metric) {
	out <- prometheus.MustNewConstMetric(m.expiry, prometheus.GaugeValue, float64(m.Leaf().NotAfter.Unix()))
	for why, n := range m.Failures() {
		out <- prometheus.MustNewConstMetric(m.failures, prometheus.CounterValue, float64(n), why)
	}
}
