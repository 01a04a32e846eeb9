package app

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/privacy"
	"rahgosha/internal/store"
	"rahgosha/internal/surface/httpkit"
	"rahgosha/internal/surface/web"
)

// auditorRole is whose reads are journalled: who sees everything is seen as well.
const auditorRole = "auditor"

// guarded is guard, and journals an auditor's read before it is answered: what cannot be journalled is not shown.
func (a *App) guarded(r *http.Request, policy string) (*http.Request, error) {
	next, err := guard(r, policy)
	p := httpkit.PrincipalOf(r)
	if err != nil || p.Role != auditorRole || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return next, err
	}
	return next, a.recordRead(r.Context(), p, r.Pattern, a.veil.Clear(p.Person, r.URL, r.Header))
}

// readsChain is the chain of one reader's reads.
func readsChain(person string) string { return "reads:" + person }

// recordRead writes that a person read an address. Everybody may read the journal's leaves, so the address itself, which
// names a case or a letter, is sealed with what was asked there; in the open stands the route only.
func (a *App) recordRead(ctx context.Context, p access.Principal, pattern, address string) error {
	_, route, _ := strings.Cut(pattern, " ")
	return a.recordQuestion(ctx, p, store.KindRead, readsChain(p.Person), route, address)
}

// recordQuestion journals what a person asked for, in a chain of theirs. What they searched for may name people, and is
// sealed with a key of its own, so that it goes with whom it names.
func (a *App) recordQuestion(ctx context.Context, p access.Principal, kind, chain, cause, question string) error {
	return a.Store.Write(ctx, func(ctx context.Context, tx storeTx) error {
		l := journal.Leaf{Province: p.Province, Case: chain, Kind: kind, At: a.Clock.Now().UnixMicro(), Actor: p.Person, Cause: cause}
		if question != "" {
			sealed, err := journal.SealWith(ctx, tx.Keys(), privacy.QuestionKey(), privacy.QuestionAD(l.Province, l.Case), []byte(question))
			if err != nil {
				return err
			}
			if l.Body, err = json.Marshal(sealed); err != nil {
				return fault.Wrap(err, fault.Internal, "store.failed")
			}
		}
		return tx.Record(ctx, l)
	})
}

type exports struct{ a *App }

// Exported journals that a person takes cases away as a sheet: how many, by which question. An auditor's read was
// journalled with its address before anything was gathered; this is beside it.
func (x exports) Exported(ctx context.Context, p access.Principal, question string, rows int64) error {
	if question != "" {
		question = strings.TrimPrefix(x.a.veil.Clear(p.Person, &url.URL{Path: "/", RawQuery: question}, nil), "/?")
	}
	return x.a.recordQuestion(ctx, p, "cases.exported", "exports:"+p.Person, "rows:"+strconv.FormatInt(rows, 10), question)
}

// Reads gives the latest reads of auditors, with what they asked. Only who may read them.
func (x audit) Reads(ctx context.Context, p access.Principal) (out []web.ReadLine, err error) {
	if err := access.Authorize(p, "reads", "read"); err != nil {
		return nil, err
	}
	err = x.a.Store.Read(ctx, func(ctx context.Context, tx storeTx) error {
		leaves, err := tx.LatestReads(ctx, p.Province, latestReads)
		for _, l := range leaves {
			address, err := openQuestion(ctx, tx, l)
			if err != nil {
				return err
			}
			path, question, _ := strings.Cut(address, "?")
			if !strings.HasPrefix(path, "/") { // the address is erased, or stands in the open as it once did
				path, question = l.Cause, address
			}
			out = append(out, web.ReadLine{At: time.UnixMicro(l.At), Person: l.Actor, Path: path, Question: question})
		}
		return err
	})
	return out, err
}

const latestReads = 50

// openQuestion gives what was asked, journal.Erased once the reader's key is gone.
func openQuestion(ctx context.Context, tx storeTx, l journal.Leaf) (string, error) {
	if len(l.Body) == 0 {
		return "", nil
	}
	var sealed journal.Sealed
	if err := json.Unmarshal(l.Body, &sealed); err != nil {
		return "", fault.Wrap(err, fault.Internal, "store.failed")
	}
	plain, err := journal.OpenWith(ctx, tx.Keys(), sealed, privacy.QuestionAD(l.Province, l.Case))
	if fault.Is(err, fault.NotFound) {
		return journal.Erased, nil
	}
	return string(plain), err
}
