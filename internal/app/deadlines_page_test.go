package app_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
)

var tagsOf = regexp.MustCompile(`<[^>]*>`)

// readable gives a page's text in one line, as somebody reads it out.
func readable(page string) string {
	return strings.Join(strings.Fields(html.UnescapeString(tagsOf.ReplaceAllString(page, ""))), " ")
}

// After the working group's notice a reminder of fifteen days and the statutory month run at once, both from the day of the
// notice. The page names each with that day and its own last day, the earlier first: nobody takes the reminder's end for the
// month's. What is owed says the same days as the month.
func TestAPageNamesEachDeadlineAndTheDayItCountsFrom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.toNotice(t)
	pages := map[locale.Lang]string{}
	for _, l := range []locale.Lang{locale.FA, locale.EN} {
		b := enter(t, w.App, "bank.branch", password)
		b.lang = string(l)
		pages[l] = readable(b.send(http.MethodGet, "/cases/"+id, nil).Body.String())
	}
	law := func(change func(page string) string) func(testing.TB) {
		return func(t testing.TB) {
			v := w.look(t, "bank.branch", id)
			for l, page := range pages {
				at := 0
				for _, clock := range []string{"bank_answer_due", "art62"} {
					k := clockOf(t, v, clock)
					from, to := jalali.FromTime(time.UnixMicro(k.Start)), jalali.FromTime(time.UnixMicro(k.Due-1))
					want := to.Long(l) + " (" + k.Title.In(l) + ": " + locale.T(l, "desk.limit.counted", map[string]any{"limit": k.Limit.In(l), "date": from.Medium(l)}) + ")"
					next := strings.Index(change(page)[at:], want)
					if next < 0 {
						t.Errorf("%s: the page does not say %q after the deadlines before it", l, want)
						continue
					}
					at += next
				}
				month := clockOf(t, v, "art62")
				owed := v.Obligations[0]
				if owed.Laid != month.Start || owed.Due != month.Due {
					t.Errorf("what is owed runs from %d to %d, the month from %d to %d", owed.Laid, owed.Due, month.Start, month.Due)
				}
			}
		}
	}
	law(func(page string) string { return page })(t)
	month := clockOf(t, w.look(t, "bank.branch", id), "art62").Title
	control.Finds(t, "does not say", law(func(page string) string {
		return strings.NewReplacer(month.FA, "", month.EN, "").Replace(page)
	}))
}
