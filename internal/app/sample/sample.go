// Package sample fills a province with invented people, units and cases for the demo: through the services, never by SQL,
// so that its history is true.
package sample

import (
	"context"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/kernel/registry"
)

// Password is every sample account's.
const Password = "rahgosha-demo-1405"

// Target is what is filled.
type Target struct {
	Engine   *casework.Engine
	Party    *party.Service
	Registry *registry.Service
	Clock    *clock.Manual
	Province string
	Publish  func(ctx context.Context, folder string, approvers [2]string) error
	CloseDay func(ctx context.Context, civil string, reason locale.Text) error
	Wake     func(ctx context.Context) error
	Progress func(text string)
}

// Login is one account to try.
type Login struct{ Login, Role, Name string }

// Summary says what was made.
type Summary struct {
	Logins       []Login
	Units, Cases int
}

// Fill makes the sample province up to the clock's present instant.
func Fill(ctx context.Context, t Target) (Summary, error) {
	for _, p := range []string{"experts-board-62", "referral"} {
		if err := t.Publish(ctx, p, [2]string{"sample-1", "sample-2"}); err != nil {
			return Summary{}, err
		}
	}
	return Summary{}, nil
}
