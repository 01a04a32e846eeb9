package app

import (
	"context"
	"errors"
	"io"
)

// ServePages serves without the jobs beside it and without the settings of the process. told hears the addresses listened on.
func (a *App) ServePages(ctx context.Context, told func(main, onward string)) error {
	h, _, err := a.Handler()
	if err != nil {
		return err
	}
	f, err := a.open(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer f.close()
	onward := ""
	if f.onward != nil {
		onward = f.onward.Addr().String()
	}
	told(f.main.Addr().String(), onward)
	return errors.Join(answer(ctx, f, h, io.Discard), ctx.Err())
}

// Unveil lets pages write what people search for into their addresses.
func (a *App) Unveil() { a.veil = nil }
