package transfer

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"deskd/store/dialect"
)

// column is one of a table. kind is its type on the server, which is the richer of the two:
//
//	on the server        in a file, which is the canonical form
//	text, citext         TEXT
//	bigint               INTEGER
//	boolean              INTEGER, 0 or 1
//	timestamptz          TEXT like 2026-03-02T08:00:00Z; '' is -infinity
//	timestamptz(3)       TEXT like 2026-03-02T08:00:00.000Z; '' is -infinity
//	bytea                BLOB
//
// A value in the canonical form is a string, an int64, a []byte, or nil for NULL.
type column struct {
	name, kind string
	key        int // place in the primary key, 0 for none
}

// Kinds of columns, as the server's format_type tells them.
const (
	kindText     = "text"
	kindFoldable = "citext"
	kindNumber   = "bigint"
	kindTruth    = "boolean"
	kindSecond   = "timestamp with time zone"
	kindMilli    = "timestamp(3) with time zone"
	kindBytes    = "bytea"
)

// forms are those of instants, by kind.
var forms = map[string]string{kindSecond: dialect.SecondForm, kindMilli: "2006-01-02T15:04:05.000Z"}

// canonical is a value of either database in the canonical form. What has none is refused:
// another program wrote it.
func (c column) canonical(v any) (any, error) {
	if v == nil {
		return nil, nil //nolint:nilnil // NULL
	}
	ok := false
	switch c.kind {
	case kindSecond, kindMilli:
		return c.instant(v)
	case kindTruth:
		return truth(v)
	case kindNumber:
		_, ok = v.(int64)
	case kindText, kindFoldable:
		_, ok = v.(string)
	case kindBytes:
		_, ok = v.([]byte)
	default:
		return nil, fmt.Errorf("type %s cannot be moved yet", c.kind)
	}
	if !ok {
		return nil, fmt.Errorf("%.80q is no %s", fmt.Sprint(v), c.kind)
	}
	return v, nil
}

// instant is one in the form of its column. A spelling that deskd reads as the same instant
// becomes that.
func (c column) instant(v any) (any, error) {
	switch at := v.(type) {
	case time.Time:
		return at.UTC().Format(forms[c.kind]), nil
	case string:
		if at == "" || at == "-infinity" {
			return "", nil
		}
		if parsed, err := time.Parse(time.RFC3339, at); err == nil {
			return parsed.UTC().Format(forms[c.kind]), nil
		}
	}
	return nil, fmt.Errorf("%.80q is no instant", fmt.Sprint(v))
}

func truth(v any) (any, error) {
	switch is := v.(type) {
	case bool:
		if is {
			return int64(1), nil
		}
		return int64(0), nil
	case int64:
		if is == 0 || is == 1 {
			return is, nil
		}
	}
	return nil, fmt.Errorf("%.80q is neither 0 nor 1", fmt.Sprint(v))
}

// written is a value in the canonical form as COPY takes it, in its text format.
func (c column) written(v any) string {
	switch is := v.(type) {
	case nil:
		return `\N`
	case int64:
		return strconv.FormatInt(is, 10)
	case []byte:
		return `\\x` + hex.EncodeToString(is)
	case string:
		if is == "" && forms[c.kind] != "" {
			return "-infinity"
		}
		return escapes.Replace(is)
	}
	return fmt.Sprint(v)
}

var escapes = strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`)

// legible is a text with U+FFFD for what the server's texts cannot hold, as the server's
// connections write it.
func legible(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\x00", "\ufffd")
}

// spelled is a value in the canonical form, for people and for comparison.
func spelled(v any) string {
	switch is := v.(type) {
	case nil:
		return "NULL"
	case string:
		return strconv.Quote(is)
	case []byte:
		return "x'" + hex.EncodeToString(is) + "'"
	}
	return fmt.Sprint(v)
}

// equal reports whether two values in the canonical form are the same.
func equal(a, b any) bool {
	x, bytesA := a.([]byte)
	y, bytesB := b.([]byte)
	if bytesA && bytesB {
		return bytes.Equal(x, y)
	}
	return bytesA == bytesB && a == b
}
