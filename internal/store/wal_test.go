package store

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"rahgosha/internal/kernel/casework"
)

// The log's pages reach their places while commands go on, and the log begins anew: it does not grow with what is written.
// A snapshot that nobody closes keeps it from beginning anew, which the test must see.
func TestTheLogDoesNotGrowWithWhatIsWritten(t *testing.T) {
	t.Parallel()
	for name, meanwhile := range map[string]func(*testing.T, *Store, func()){
		"nobody reads":     func(_ *testing.T, _ *Store, write func()) { write() },
		"a snapshot stays": during,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			s := open(t, cfg)
			meanwhile(t, s, func() { writePages(t, s, mostPages*3/2) })
			info, err := os.Stat(filepath.Join(cfg.Path, DatabaseFile+"-wal"))
			if err != nil {
				t.Fatal(err)
			}
			const frame = 4096 + 24
			if grown := info.Size() > (mostPages+1000)*frame; grown != (name == "a snapshot stays") {
				t.Errorf("the log has %d bytes, %d pages were written", info.Size(), mostPages*3/2)
			}
		})
	}
}

// during writes while a snapshot is read.
func during(t *testing.T, s *Store, f func()) {
	t.Helper()
	if err := s.Read(t.Context(), func(ctx context.Context, t *Tx) error {
		_, err := t.row(ctx, "SELECT 1 FROM cases", nil, new(int64)) // from its first statement on
		f()
		return err
	}); err != nil {
		t.Error(err)
	}
}

// writePages fills about so many pages, 500 in a command.
func writePages(t *testing.T, s *Store, pages int) {
	t.Helper()
	answer := bytes.Repeat([]byte{1}, 500*4096)
	for i := range pages / 500 {
		err := s.Write(context.Background(), func(ctx context.Context, t *Tx) error {
			return t.Remember(ctx, casework.ReplayKey{Province: province, Actor: "p", Key: strconv.Itoa(i)}, casework.Remembered{Answer: answer})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
