package app

import (
	"bytes"
	"context"
	"io"

	"rahgosha/internal/app/scanner"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/surface/httpkit"
)

// judging makes the judge of what people give, of the scanner that the settings name; nil where they name none. A scanner that
// is away keeps nobody from starting the server, since all but uploads goes on without it.
func (a *App) judging(ctx context.Context) (func(context.Context, []byte) error, error) {
	if a.Scanner == "" {
		return nil, nil
	}
	s, err := scanner.New(a.Scanner)
	if err != nil {
		return nil, err
	}
	if err := s.Ping(ctx); err != nil {
		a.Log.Error("scanner away: uploads are refused until it answers", "cause", err.Error())
	}
	return func(ctx context.Context, content []byte) error {
		err := s.Judge(ctx, content)
		switch f, _ := fault.As(err); {
		case err == nil:
		case f.Kind == fault.Invalid:
			a.Log.WarnContext(ctx, "scanner found something", "name", f.Args["name"], "bytes", len(content), "id", httpkit.RequestID(ctx))
		default:
			a.Log.ErrorContext(ctx, "scanner away: an upload was refused", "cause", err.Error(), "id", httpkit.RequestID(ctx))
		}
		return err
	}, nil
}

// maxJudged is more than any route takes, in bytes.
const maxJudged = 32 << 20

// judged gives what r holds once it was judged, or r itself where there is no judge. It holds all of it in memory: no unjudged
// file lies anywhere.
func (a *App) judged(ctx context.Context, r io.Reader) (io.Reader, error) {
	if a.judge == nil {
		return r, nil
	}
	content, err := io.ReadAll(io.LimitReader(r, maxJudged))
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "document.broken_off")
	}
	return bytes.NewReader(content), a.judge(ctx, content)
}
