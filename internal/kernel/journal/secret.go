package journal

import (
	"fmt"
	"io"
	"log/slog"
)

const hidden = "***"

// Secret is bytes that show as *** however they are printed, logged or marshalled. Inside a struct keep it in an exported
// field or give the struct a Format of its own: package fmt does not call methods on unexported fields.
type Secret []byte

// Format prints *** for every verb and flag.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// String is ***.
func (Secret) String() string { return hidden }

// GoString is ***.
func (Secret) GoString() string { return hidden }

// MarshalText is ***; so is JSON.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// MarshalJSON is "***".
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// MarshalBinary refuses to write it by gob: ***.
func (Secret) MarshalBinary() ([]byte, error) { return []byte(hidden), nil }

// LogValue is ***.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }
