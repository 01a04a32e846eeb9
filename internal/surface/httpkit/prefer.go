package httpkit

import (
	"net/http"
	"strings"
)

const minimal = "return=minimal"

// PrefersMinimal says that a program wants a write answered in short (RFC 7240, Prefer: return=minimal).
func PrefersMinimal(r *http.Request) bool {
	for _, line := range r.Header.Values("Prefer") {
		for part := range strings.SplitSeq(line, ",") {
			part, _, _ = strings.Cut(part, ";")
			name, value, _ := strings.Cut(part, "=")
			if strings.EqualFold(strings.TrimSpace(name), "return") && strings.Trim(strings.TrimSpace(value), `"`) == "minimal" {
				return true
			}
		}
	}
	return false
}

// AppliedMinimal tells the program that its preference was followed.
func AppliedMinimal(w http.ResponseWriter) {
	w.Header().Set("Preference-Applied", minimal)
	w.Header().Add("Vary", "Prefer")
}
