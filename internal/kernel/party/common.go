package party

import (
	"cmp"
	_ "embed"
	"strings"
	"sync"
	"unicode"

	"github.com/trustelem/zxcvbn/frequency"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/refdata"
	"rahgosha/internal/base/text"
)

// Guessing begins with passwords that others had (frequency, 30,000 of a published breach), then joins two such words, the
// names of the place and of the person, rows of the keyboard, years and repetitions. A password is refused where nothing but
// these is in it; from three unrelated words on it is not.
const (
	shortestWord = 4 // signs that a word of others has to have to be one
	shortestOwn  = 3 // of the place or the person, or neighbours in the alphabet or on the keyboard
	fewWords     = 2
	leftAlone    = 4 // letters beside all that, so that the password is somebody's own
)

//go:embed keyboards.txt
var keyboards string

// others are the folded words that everybody's guesses begin with.
var others = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	add := func(least int, words ...string) {
		for _, w := range words {
			for part := range strings.FieldsSeq(text.Fold(w) + " " + strings.ToLower(w)) {
				if len([]rune(part)) >= least {
					out[part] = true
				}
			}
		}
	}
	add(shortestWord, frequency.FrequencyLists["passwords"]...)
	add(shortestOwn, locale.T(locale.FA, "web.name", nil), locale.T(locale.EN, "web.name", nil))
	for _, p := range refdata.Places() {
		add(shortestOwn, p.Name.FA, p.Name.EN)
	}
	for _, b := range refdata.Banks() {
		add(shortestOwn, b.Name.FA, b.Name.EN)
	}
	return out
})

// next tells which signs follow each other in an alphabet or in a row of a keyboard.
var next = sync.OnceValue(func() map[[2]rune]bool {
	out := map[[2]rune]bool{}
	for _, row := range append(strings.Fields(keyboards), "abcdefghijklmnopqrstuvwxyz") {
		var last rune
		for _, r := range text.Fold(row) {
			out[[2]rune{last, r}], out[[2]rune{r, last}] = true, true
			last = r
		}
	}
	return out
})

// leet undoes the signs that are written for letters.
var leet = strings.NewReplacer("@", "a", "4", "a", "3", "e", "1", "i", "!", "i", "0", "o", "$", "s", "5", "s", "7", "t")

// checkCommon refuses a password that anybody would try early. own are the person's words: login, name, numbers.
func checkCommon(password string, own ...string) error {
	mine := map[string]bool{}
	for _, w := range own {
		for part := range strings.FieldsSeq(text.Fold(w)) {
			if len([]rune(part)) >= shortestOwn {
				mine[part] = true
			}
		}
	}
	lower := strings.ToLower(password)
	for _, s := range []string{text.Fold(password), text.Fold(leet.Replace(lower)), lower} {
		if early(s, mine) {
			return fault.New(fault.Invalid, "party.password_common").At("password")
		}
	}
	return nil
}

// early says that a password is made of others' words alone.
func early(s string, mine map[string]bool) bool {
	words, left := map[string]bool{}, 0
	for field := range strings.FieldsSeq(s) {
		found, over := pieces([]rune(field), mine)
		for _, w := range found {
			words[w] = true
		}
		left += over
	}
	return len(words) <= fewWords && left < leftAlone
}

// longestWord bounds how far a word is looked for.
const longestWord = 30

// split is a way to cut a beginning into words, runs and what is left over.
type split struct {
	left, words, again int    // again counts words that stand there twice running
	from               int    // where its last piece begins
	word               string // the last piece, where it is a word
}

func (x split) better(than split) bool {
	return cmp.Or(cmp.Compare(x.left, than.left), cmp.Compare(x.words, than.words), cmp.Compare(than.again, x.again)) < 0
}

// pieces cuts a text so that the fewest letters are left over, and then into the fewest words.
func pieces(s []rune, mine map[string]bool) (words []string, left int) {
	best := make([]split, len(s)+1)
	for end := 1; end <= len(s); end++ {
		best[end] = best[end-1]
		best[end].from, best[end].word = end-1, ""
		if unicode.IsLetter(s[end-1]) {
			best[end].left++
		}
		for from := max(0, end-longestWord); from <= end-shortestOwn; from++ {
			x := best[from]
			x.from, x.word = from, ""
			if w := string(s[from:end]); mine[w] || others()[w] {
				if w == best[from].word {
					x.again++
				}
				x.word = w
				x.words++
			} else if run(s[from:end]) < end-from {
				continue
			}
			if x.better(best[end]) {
				best[end] = x
			}
		}
	}
	for at := len(s); at > 0; at = best[at].from {
		if w := best[at].word; w != "" {
			words = append(words, w)
		}
	}
	return words, best[len(s)].left
}

// run gives how many signs at the beginning are the same or neighbours.
func run(s []rune) int {
	i := 1
	for i < len(s) && (s[i] == s[i-1] || next()[[2]rune{s[i-1], s[i]}]) {
		i++
	}
	return i
}
