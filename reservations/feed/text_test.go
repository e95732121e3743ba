package feed

import (
	"bytes"
	"context"
	"io"
	"time"

	"deskd/reservations"
	"deskd/reservations/feed/calendar"
)

// readText reads a feed in memory.
func readText(data []byte, o Options) (Result, error) {
	return readFrom(context.Background(), bytes.NewReader(data), o)
}

// occurrencesOf reads and expands a calendar in memory.
func occurrencesOf(data []byte, window reservations.Span, zone *time.Location) (calendar.Reading, error) {
	return occurrencesFrom(context.Background(), bytes.NewReader(data), window, zone)
}

func occurrencesFrom(ctx context.Context, src io.Reader, window reservations.Span, zone *time.Location) (calendar.Reading, error) {
	return calendar.Read(ctx, src, calendar.Options{Window: window, Zone: zone})
}
