package app

import (
	"cmp"
	"context"
	"net/url"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
)

// Coded gives the number of the letter whose code a scanned paper bears. Whoever holds the paper can ask the public page
// that the code leads to, so that it tells nothing new.
func (l letters) Coded(ctx context.Context, p access.Principal, token string, paper []byte) (number string, err error) {
	var failed error
	err = l.scans.Codes(ctx, paper, func(text string) bool {
		b, known, err := l.coded(ctx, p.Province, text)
		if failed = err; !known {
			return err != nil
		}
		if number == "" || b.Token == token {
			number = b.Number
		}
		return b.Token == token
	})
	return number, cmp.Or(failed, err)
}

// coded finds the letter of a code; a paper may bear other codes, and the host of ours may have changed since.
func (l letters) coded(ctx context.Context, province, text string) (b casework.BookedLetter, known bool, err error) {
	at, err := url.Parse(text)
	if err != nil || !strings.HasSuffix(at.Path, verifyPath) {
		return b, false, nil //nolint:nilerr // no code of ours
	}
	err = l.a.Store.Read(ctx, func(ctx context.Context, tx storeTx) error {
		b, err = tx.LetterByToken(ctx, province, at.Query().Get("q"))
		return err
	})
	if fault.Is(err, fault.NotFound) {
		return b, false, nil
	}
	return b, err == nil, err
}
