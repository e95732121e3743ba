package feed

import (
	"bytes"
	"context"
)

// Read reads a feed in memory.
func Read(data []byte, o Options) (Result, error) {
	return ReadFrom(context.Background(), bytes.NewReader(data), o)
}
