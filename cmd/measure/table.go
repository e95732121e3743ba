package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// line is a figure of deskd, in its two turns, with that of its peer.
type line struct {
	what, unit  string
	deskd, peer []float64
	peerIs      string
	reach       string
}

// turn measures one side once: some figures, in the order of their names.
type turn func(ctx context.Context) ([]float64, error)

// inTurns lets deskd and its peer, nil for none, take turns, twice each, and prints the lines.
func inTurns(ctx context.Context, lines []line, deskd, peer turn) error {
	for range 2 {
		got, err := deskd(ctx)
		if err != nil {
			return err
		}
		for i := range lines {
			lines[i].deskd = append(lines[i].deskd, got[i])
		}
		if peer == nil {
			continue
		}
		if got, err = peer(ctx); err != nil {
			return fmt.Errorf("peer: %w", err)
		}
		for i := range min(len(lines), len(got)) {
			lines[i].peer = append(lines[i].peer, got[i])
		}
	}
	printLines(lines)
	return nil
}

func printHead() {
	fmt.Println("| what | ratio | deskd | peer | to reach |\n|---|---|---|---|---|")
}

func printLines(lines []line) {
	for _, l := range lines {
		fmt.Printf("| %s | %s | %s | %s | %s |\n", l.what, l.ratio(), figures(l.deskd, l.unit), strings.TrimSpace(figures(l.peer, l.unit)+" "+l.peerIs), l.reach)
	}
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		fmt.Fprintf(os.Stderr, "%s load %s", time.Now().Format(time.TimeOnly), load)
	}
}

// ratio is that of the better turns.
func (l line) ratio() string {
	if len(l.peer) == 0 || slices.Min(l.peer) <= 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", slices.Min(l.deskd)/slices.Min(l.peer))
}

func figures(all []float64, unit string) string {
	var texts []string
	for _, x := range all {
		texts = append(texts, fmt.Sprintf("%.3g", x))
	}
	if len(texts) == 0 {
		return ""
	}
	return strings.TrimSpace(strings.Join(texts, ", ") + " " + unit)
}

// quantiles are the median, the 99th percentile and the maximum, in milliseconds.
func quantiles(all []time.Duration) []float64 {
	if len(all) == 0 {
		return []float64{0, 0, 0}
	}
	slices.Sort(all)
	at := func(share float64) float64 {
		return float64(all[int(share*float64(len(all)-1)+0.5)].Microseconds()) / 1000
	}
	return []float64{at(0.5), at(0.99), at(1)}
}
