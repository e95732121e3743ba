package calendar

import (
	"bytes"
	"context"
	"io"
	"time"

	"deskd/reservations"
)

// Occurrences reads and expands a calendar in memory.
func Occurrences(data []byte, window reservations.Span, zone *time.Location) (Reading, error) {
	return OccurrencesFrom(context.Background(), bytes.NewReader(data), window, zone)
}

func OccurrencesFrom(ctx context.Context, src io.Reader, window reservations.Span, zone *time.Location) (Reading, error) {
	return Read(ctx, src, Options{Window: window, Zone: zone})
}
