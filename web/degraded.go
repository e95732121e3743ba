package web

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// degraded tells at each scrape what the page's banners tell: what is not
// degraded has no value.
type degraded struct {
	desc *prometheus.Desc
	read func(context.Context) (Snapshot, error)
	now  func() time.Time
}

// Degraded lets the metrics tell, as deskd_degraded, what is degraded by the
// snapshots of read; see [Deps]. It is called once, before the first scrape.
func (m *Metrics) Degraded(read func(context.Context) (Snapshot, error), now func() time.Time) {
	const help = "1 for each thing that is degraded, as the page's banners say it; of names the cluster, feed or site."
	m.registry.MustRegister(degraded{prometheus.NewDesc("deskd_degraded", help, []string{"kind", "of"}, nil), read, now})
}

// Describe implements [prometheus.Collector].
func (d degraded) Describe(ch chan<- *prometheus.Desc) { ch <- d.desc }

// Collect implements [prometheus.Collector].
func (d degraded) Collect(ch chan<- prometheus.Metric) {
	ctx, stop := context.WithTimeout(context.Background(), readFor)
	defer stop()
	s, err := d.read(ctx)
	all := banners(s, d.now())
	if err != nil {
		all = []banner{{Kind: KindDatabase}}
	}
	told := make(map[[2]string]bool)
	for _, b := range all {
		if key := [2]string{string(b.Kind), b.Of}; !told[key] {
			told[key] = true
			m, err := prometheus.NewConstMetric(d.desc, prometheus.GaugeValue, 1, key[:]...)
			if err != nil {
				m = prometheus.NewInvalidMetric(d.desc, err)
			}
			ch <- m
		}
	}
}
