// Package web is everything that arrives over HTTP: the status page, the
// probes /healthz and /readyz, and the metrics.
//
// It shows and never decides: what it shows comes in as a [view.Snapshot], which one
// pure function turns into the page and another into the list of what is
// degraded, so that page and probes cannot disagree. It changes no state, reads
// no database and asks no phone system.
//
// Its invariant is that problems are visible without scrolling, clicking, script or
// colour vision, and that no text from outside reaches the page unescaped.
package web
