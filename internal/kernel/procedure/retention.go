package procedure

import (
	"strconv"
	"strings"
	"time"

	"rahgosha/internal/base/jalali"
)

// End is when the time of a case that was closed at an instant is over: after so many solar months or years, or days, the
// day when it was closed being the first. False where Keep is no such time.
func (r *Retention) End(closed time.Time) (time.Time, bool) {
	num, unit, _ := strings.Cut(strings.TrimSpace(r.Keep), " ")
	n, err := strconv.Atoi(num)
	if err != nil || n < 0 {
		return time.Time{}, false
	}
	day := jalali.FromTime(closed)
	switch strings.TrimSuffix(unit, "s") {
	case "year":
		return day.AddMonths(12 * n).AddDays(1).Start(), true
	case "month":
		return day.AddMonths(n).AddDays(1).Start(), true
	case "day":
		return day.AddDays(n + 1).Start(), true
	}
	return time.Time{}, false
}
