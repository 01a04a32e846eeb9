package app

import (
	"context"
	"log/slog"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/surface/httpkit"
	"rahgosha/internal/surface/web"
)

type accounts struct{ a *App }

// Account tells how the holder of a token signs in.
func (x accounts) Account(ctx context.Context, token string) (*web.AccountState, error) {
	totp, codes, err := x.a.Party.Factors(ctx, token)
	return &web.AccountState{TOTP: totp, CodesLeft: int(codes)}, err
}

// ChangePassword sets a new password; all sessions end and a new one begins.
func (x accounts) ChangePassword(ctx context.Context, token, old, fresh string) (string, time.Duration, error) {
	return lived(x.a.Party.ChangePassword(ctx, token, old, fresh))
}

// BeginTOTP draws a second factor after proving the password.
func (x accounts) BeginTOTP(ctx context.Context, token, password string) (secret, address string, err error) {
	e, err := x.a.Party.EnrolTOTP(ctx, token, password)
	return e.Secret, e.URI, err
}

// RemoveFactors takes all second factors away after proving the password and a code, and goes on under a new token.
func (x accounts) RemoveFactors(ctx context.Context, token, password, code string) (string, time.Duration, error) {
	return lived(x.a.Party.RemoveFactors(ctx, token, password, code))
}

// Sessions lists where the person is signed in.
func (x accounts) Sessions(ctx context.Context, token string) ([]party.OpenSession, error) {
	return x.a.Party.Sessions(ctx, token)
}

// EndSessions ends one of them, or with "" all but this.
func (x accounts) EndSessions(ctx context.Context, token, id string) error {
	return x.a.Party.EndSessions(ctx, token, id)
}

// ConfirmTOTP makes it count by its first code, and goes on under a new token.
func (x accounts) ConfirmTOTP(ctx context.Context, token, code string) (string, time.Duration, error) {
	return lived(x.a.Party.ConfirmTOTP(ctx, token, code))
}

// PrintCodes makes fresh one-time codes after proving the password.
func (x accounts) PrintCodes(ctx context.Context, token, password string) ([]string, error) {
	return x.a.Party.NewCodes(ctx, token, password)
}

// signingIn writes who came in, and who tried to, into the log.
func (a *App) signingIn(ctx context.Context, e party.Event) {
	why := ""
	if f, ok := fault.As(e.Err); ok {
		why = f.Key
	}
	a.Log.LogAttrs(ctx, slog.LevelInfo, "signing in", slog.String("what", e.What), slog.String("way", e.Way), slog.String("outcome", e.Outcome()), slog.String("why", why),
		slog.String("person", e.Person), slog.String("login", e.Login), slog.String("from", httpkit.ClientIn(ctx)), slog.String("id", httpkit.RequestID(ctx)))
}

// lived puts beside a new token how long its session may live.
func lived(token string, p access.Principal, err error) (string, time.Duration, error) {
	_, whole := party.Lifetime(p.Role)
	return token, whole, err
}
