package party

import (
	"os"
	"strings"
	"testing"

	"github.com/trustelem/zxcvbn/frequency"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
)

// guessedEarly are passwords that guessing begins with, made of each of the 3,000 first of a breach (OWASP ASVS 6.2.4, 6.2.12),
// in the ways in which people make them long enough.
func guessedEarly() (out []string) {
	for _, p := range frequency.FrequencyLists["passwords"][:3000] {
		long := p
		for len(long) < minAlone {
			long += p
		}
		out = append(out, long, strings.ToUpper(long[:1])+long[1:]+"1405!", p+strings.Repeat("1234567890", 2)[:max(1, minAlone-len(p))])
	}
	return out
}

// earlyOnesRefused is the law of passwords that others had: none is taken, by itself or made longer without a thought, in
// either language; words that do not belong together are.
func earlyOnesRefused(t testing.TB, check func(password string, own ...string) error) {
	t.Helper()
	taken := 0
	for _, p := range guessedEarly() {
		if err := checkPassword(p, "", false); err == nil && check(p) == nil {
			if taken++; taken < 5 {
				t.Logf("taken: %s", p)
			}
		}
	}
	for _, p := range frequency.FrequencyLists["passwords"] {
		if len(p) >= minAnyway && check(p) == nil {
			if taken++; taken < 5 {
				t.Logf("taken: %s", p)
			}
		}
	}
	if taken > 0 {
		t.Errorf("%d passwords of a breach are taken", taken)
	}
	raw, err := os.ReadFile("testdata/early.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		verdict, p, _ := strings.Cut(strings.TrimSpace(line), " ")
		err := check(p, "m.rezaei", "Maryam Rezaei")
		if (verdict == "early") != fault.Is(err, fault.Invalid) {
			t.Errorf("%q should be %s: %v", p, verdict, err)
		}
	}
}

func TestPasswordsThatOthersHadAreRefused(t *testing.T) {
	t.Parallel()
	earlyOnesRefused(t, checkCommon)
}

func TestTheLawOfEarlyPasswordsFindsAListThatIsNotAsked(t *testing.T) {
	t.Parallel()
	control.Finds(t, "passwords of a breach are taken", func(t testing.TB) {
		earlyOnesRefused(t, func(string, ...string) error { return nil })
	})
}
