package web

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"deskd/web/view"
)

// degraded exports at each scrape what the page's banners say: only degraded
// things have a value.
type degraded struct {
	desc  *prometheus.Desc
	reads *Reads
	now   func() time.Time
}

// Degraded adds deskd_degraded to the metrics: what is degraded, by the snapshots
// of reads. It is called once, before the first scrape.
func (m *Metrics) Degraded(reads *Reads, now func() time.Time) {
	const help = "1 for each thing that is degraded, as the page's banners say it; of names the cluster, feed or site."
	m.registry.MustRegister(degraded{prometheus.NewDesc("deskd_degraded", help, []string{"kind", "of"}, nil), reads, now})
}

// Describe implements [prometheus.Collector].
func (d degraded) Describe(ch chan<- *prometheus.Desc) { ch <- d.desc }

// Collect implements [prometheus.Collector].
func (d degraded) Collect(ch chan<- prometheus.Metric) {
	ctx, stop := context.WithTimeout(context.Background(), readFor)
	defer stop()
	all := []banner{{Kind: view.KindDatabase}}
	if read, err := d.reads.lately(ctx); err == nil {
		all = read.banners(d.now())
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
