package fetch

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"deskd/reservations/feed/ical"
)

// spoolAfter is how much of a body stays in memory; the rest waits in a file, so that
// reading a company's calendar of 100 MB does not take 100 MB of memory.
const spoolAfter = 1 << 20

// Text is the text of a feed, which may be longer than memory should hold. It
// does not change and may be read by several goroutines at once. The zero Text
// is empty; make one with [TextOf].
type Text struct {
	head []byte
	rest *os.File // without a name: the kernel frees it with its last user
	size int64
	sum  [sha256.Size]byte
}

// TextOf returns the text that data holds, which must not be changed afterwards.
func TextOf(data []byte) Text {
	return Text{head: data, size: int64(len(data)), sum: sha256.Sum256(data)}
}

// spool reads all of r, at most most bytes.
func spool(r io.Reader, most int64) (Text, error) {
	hash := sha256.New()
	r = io.TeeReader(io.LimitReader(r, most+1), hash)
	head, err := io.ReadAll(io.LimitReader(r, spoolAfter))
	t := Text{head: head, size: int64(len(head))}
	if err == nil && len(head) == spoolAfter {
		err = t.spill(r)
	}
	if err == nil && t.size > most {
		err = fmt.Errorf("%w: the most is %d bytes", ical.ErrTooLarge, most)
	}
	if err != nil {
		return Text{}, errors.Join(err, t.Close())
	}
	hash.Sum(t.sum[:0])
	return t, nil
}

// spill writes what is left of r to a file in the folder for temporary ones.
func (t *Text) spill(r io.Reader) (err error) {
	if t.rest, err = os.CreateTemp("", "deskd-feed-"); err != nil {
		return fmt.Errorf("spool the feed: %w", err)
	}
	if err := os.Remove(t.rest.Name()); err != nil {
		return fmt.Errorf("spool the feed: %w", err)
	}
	n, err := io.Copy(t.rest, r)
	t.size += n
	return err
}

// Size is the number of bytes.
func (t Text) Size() int64 { return t.size }

// Digest tells texts apart: the SHA-256 of the bytes, in hexadecimal.
func (t Text) Digest() string {
	if t.size == 0 {
		t.sum = sha256.Sum256(nil)
	}
	return hex.EncodeToString(t.sum[:])
}

// Equal reports whether both have the same bytes.
func (t Text) Equal(u Text) bool { return t.size == u.size && t.Digest() == u.Digest() }

// Reader reads the text from its beginning.
func (t Text) Reader() io.Reader {
	if t.rest == nil {
		return bytes.NewReader(t.head)
	}
	return io.MultiReader(bytes.NewReader(t.head), io.NewSectionReader(t.rest, 0, t.size-int64(len(t.head))))
}

// Close frees the space the text takes on disk, after which it cannot be read. The
// garbage collector closes a text without references.
func (t Text) Close() error {
	if t.rest == nil {
		return nil
	}
	return t.rest.Close()
}
