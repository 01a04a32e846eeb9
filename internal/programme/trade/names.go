package trade

import (
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/refdata"
)

// namesOfProducts gives the names of products: those of the table that is loaded, and in Persian those of our own headings.
func (in *tables) namesOfProducts() map[string]locale.Text {
	out := namesIn(in.productsPacked)
	for _, h := range refdata.HSHeadings() {
		n := out[h.Code]
		if n.FA == "" {
			n.FA = h.Name.FA
		}
		if n.EN == "" {
			n.EN = h.Name.EN
		}
		out[h.Code] = n
	}
	return out
}

// namesIn reads a table of names; one that is broken names nothing, since figures do not depend on it.
func namesIn(packed []byte) map[string]locale.Text {
	out := map[string]locale.Text{}
	if packed == nil {
		return out
	}
	t, err := Unpack(packed)
	if err != nil {
		return out
	}
	for _, r := range t.Rows {
		out[r.Key] = locale.Text{FA: r.FA, EN: r.EN}
	}
	return out
}
