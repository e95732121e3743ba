package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"deskd/emapi"
	"deskd/emapi/emulator"
)

// sweeps is the CPU of a sweep for each device, by the number of devices.
func sweeps(ctx context.Context, l *lab) error {
	for _, n := range l.sizes([]int{10_000, 50_000}, 100_000) {
		h, err := l.built(ctx, plot{desks: n, rows: n})
		if err != nil {
			return err
		}
		s, err := l.phones(ctx, n)
		if err != nil {
			return err
		}
		lines := []line{{what: fmt.Sprintf("CPU of a sweep for each device, %d devices", n), unit: "µs", peerIs: "(bare loop of the same posts)", reach: "2×, flat"}}
		err = inTurns(ctx, lines, h.sweep(s), s.bareSweep(l.n(10, 2)))
		s.stop()
		if err != nil {
			return err
		}
	}
	return nil
}

// sweep has a daemon sweep again and again.
func (h *house) sweep(s *phoneSystem) turn {
	return func(ctx context.Context) ([]float64, error) {
		if err := h.clear(ctx); err != nil {
			return nil, err
		}
		d, err := h.serve(ctx, conditions{main: s, concurrent: 5, perMinute: 500, sweep: "@every 1s"})
		if err != nil {
			return nil, err
		}
		defer d.stop()
		before, err := s.stats(ctx)
		if err != nil {
			return nil, err
		}
		used, err := d.cpuOf(func() error { return rest(ctx, time.Duration(h.lab.n(30, 5))*time.Second) })
		if err != nil {
			return nil, err
		}
		after, err := s.stats(ctx)
		asked := (after.Requests["deviceUserQuery"] - before.Requests["deviceUserQuery"]) * emapi.DefaultBatchSize
		return []float64{float64(used.Microseconds()) / float64(max(1, asked))}, err
	}
}

// bareSweep posts the questions of a sweep so many times, and throws the answers away.
func (s *phoneSystem) bareSweep(times int) turn {
	return func(ctx context.Context) ([]float64, error) {
		forms := s.questions()
		used, err := ownCPU(func() error {
			for range times {
				for _, form := range forms {
					if err := post(ctx, s.url, form); err != nil {
						return err
					}
				}
			}
			return nil
		})
		return []float64{float64(used.Microseconds()) / float64(times*s.size)}, err
	}
}

// questions are the forms that a sweep posts.
func (s *phoneSystem) questions() (forms []string) {
	for n := 0; n < s.size; n += emapi.DefaultBatchSize {
		var b strings.Builder
		fmt.Fprintf(&b, "<query><appInfo><appID>%s</appID><appCertificate>%s</appCertificate></appInfo><deviceUserQuery>", appID, password)
		for i := range min(emapi.DefaultBatchSize, s.size-n) {
			fmt.Fprintf(&b, "<deviceName>%s</deviceName>", emulator.DeviceName(n+i+1))
		}
		b.WriteString("</deviceUserQuery></query>")
		forms = append(forms, "xml="+url.QueryEscape(b.String()))
	}
	return forms
}

// post sends one message, and reads the answer to its end.
func post(ctx context.Context, to, form string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(form))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}
