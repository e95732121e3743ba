package emapi

import (
	"fmt"
	"io"
	"log/slog"
)

const masked = "***"

// Secret is a text that shows as "***" wherever it is printed, logged or
// marshalled. The zero Secret is empty. The text sits behind a pointer because
// package fmt reads unexported fields without asking their methods.
type Secret struct{ text *string }

// NewSecret returns a Secret that holds text.
func NewSecret(text string) Secret { return Secret{&text} }

// String returns "***", also for the zero Secret.
func (Secret) String() string { return masked }

// GoString returns "***".
func (Secret) GoString() string { return masked }

// LogValue returns "***" for package slog.
func (Secret) LogValue() slog.Value { return slog.StringValue(masked) }

// MarshalText returns "***", which covers JSON, YAML and XML.
func (Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }

// Format writes "***" for every verb, so that %x and %d show no more than %v.
func (Secret) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, masked) }

// reveal returns the text, for the one place that puts it on the wire.
func (s Secret) reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}
