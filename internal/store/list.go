package store

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/casework"
)

// sorts are the orders of a list: what is due first comes first, otherwise the newest and the largest.
var sorts = map[string]struct {
	column string
	down   bool
}{
	"due":     {"due", false},
	"changed": {"changed", true},
	"opened":  {"opened", true},
	"amount":  {"amount", true},
}

// Limits of one page.
const (
	listDefault = 50
	listMost    = 500
	searchRunes = 200
	listColumns = "c.province, c.id, c.number, c.procedure, c.definition, c.unit, c.unit_name, c.county, c.stage, " +
		"c.outcome, c.holder_role, c.holder_subject, c.side, c.version, c.seq, c.due, c.amount, c.opened, c.changed, " +
		"c.search, c.sample"
)

// condition collects a WHERE clause with its arguments.
type condition struct {
	parts []string
	args  []any
}

// arg adds an argument and gives its place in the text.
func (c *condition) arg(v any) string {
	c.args = append(c.args, v)
	return "$" + strconv.Itoa(len(c.args))
}

func (c *condition) and(part string) { c.parts = append(c.parts, part) }

func (c *condition) equal(column, v string) {
	if v != "" {
		c.and(column + " = " + c.arg(v))
	}
}

// among asks for one of several values; none asks for nothing.
func (c *condition) among(column string, values []string) {
	if len(values) == 0 {
		return
	}
	in := make([]string, len(values))
	for i, v := range values {
		in[i] = c.arg(v)
	}
	c.and(column + " IN (" + strings.Join(in, ", ") + ")")
}

func (c *condition) String() string { return strings.Join(c.parts, " AND ") }

// ListCases gives one page of the cases that one of q's scopes shows; nobody sees anything without a scope. Rows come
// without parties and clocks. Faults: invalid store.sort_unknown, store.cursor_invalid.
func (t *Tx) ListCases(ctx context.Context, q casework.Query) (page casework.Page, err error) {
	if len(q.Scopes) == 0 {
		return page, nil
	}
	if none, err := t.narrow(ctx, &q); err != nil || none {
		return page, err
	}
	where := listWhere(q)
	if q.Total {
		if page.Total, err = t.total(ctx, " FROM cases c WHERE "+where.String(), where.args); err != nil {
			return page, err
		}
	}
	query, limit, err := listQuery(q, where)
	if err != nil {
		return page, err
	}
	err = t.each(ctx, query, where.args, func(scan func(...any) error) error {
		row, err := scanRow(scan)
		page.Rows = append(page.Rows, row)
		return err
	})
	if len(page.Rows) > limit {
		page.Rows = page.Rows[:limit]
		page.Next = cursor(q.Sort, page.Rows[limit-1])
	}
	return page, err
}

// searchFew is up to how many cases are named one by one.
const searchFew = 500

// narrow looks for the typed words in an index that holds them, and names the cases where they are few; none says that there are
// no cases. A list in its order would read the row of every case before it knew that none has the words. Where only cases bound to
// somebody are asked for, these are few already.
func (t *Tx) narrow(ctx context.Context, q *casework.Query) (none bool, err error) {
	c := &condition{}
	c.and("c.province = " + c.arg(q.Province))
	c.search(q.Text)
	if len(c.parts) == 1 || len(q.IDs) > 0 || q.Number != "" || q.Unit != "" ||
		!slices.ContainsFunc(q.Scopes, func(s casework.Scope) bool { return s.Relation == "" && s.Subject == "" }) {
		return false, nil
	}
	if id, err := t.numbered(ctx, q.Province, q.Text); err != nil || id != "" {
		q.IDs = []string{id}
		return false, err
	}
	var ids []string
	// Of a million cases it takes a while: whoever left stops it.
	err = t.each(ctx, wordsQuery(c), c.args, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	if len(ids) <= searchFew {
		q.IDs = ids // their words are asked for once more: they cost nothing
	}
	return len(ids) == 0, err
}

// numbered gives the case whose whole number was typed, "" where there is none: of those who search for cases most have it before
// them, and an index of numbers answers at once. A longer number that begins alike is not what they typed.
func (t *Tx) numbered(ctx context.Context, province, typed string) (id string, err error) {
	word := text.Digits(strings.TrimSpace(typed))
	if !strings.Contains(word, "-") || strings.ContainsAny(word, " \u200c") {
		return "", nil
	}
	_, err = t.row(ctx, "SELECT id FROM cases WHERE province = $1 AND number <> '' AND number IN ($2, $3)", []any{province, word, strings.ToUpper(word)}, &id)
	return id, err
}

// wordsQuery asks only for what the index holds.
func wordsQuery(c *condition) string {
	return "SELECT c.id FROM cases c WHERE " + c.String() + " LIMIT " + c.arg(searchFew+1)
}

// listQuery completes the conditions with the cursor and gives the whole text.
func listQuery(q casework.Query, where *condition) (query string, limit int, err error) {
	sort, ok := sorts[sortName(q.Sort)]
	if !ok {
		return "", 0, fault.New(fault.Invalid, "store.sort_unknown", "sort", q.Sort)
	}
	direction, beyond := "", " > "
	if sort.down {
		direction, beyond = " DESC", " < "
	}
	if q.After != "" {
		value, id, err := openCursor(q.Sort, q.After)
		if err != nil {
			return "", 0, err
		}
		where.and("(c." + sort.column + ", c.id)" + beyond + "(" + where.arg(value) + ", " + where.arg(id) + ")")
	}
	limit = q.Limit
	if limit <= 0 {
		limit = listDefault
	}
	limit = min(limit, listMost)
	return fmt.Sprintf("SELECT %s FROM cases c WHERE %s ORDER BY c.%s%s, c.id%s LIMIT %s",
		listColumns, where, sort.column, direction, direction, where.arg(limit+1)), limit, nil
}

func sortName(s string) string {
	if s == "" {
		return "due"
	}
	return s
}

func listWhere(q casework.Query) *condition {
	c := &condition{}
	c.and("c.province = " + c.arg(q.Province))
	c.scopes(q.Scopes)
	if q.Number != "" {
		c.and("c.number <> '' AND c.number = " + c.arg(q.Number)) // the first half is what the index is of
	}
	c.among("c.id", q.IDs)
	c.equal("c.procedure", q.Procedure)
	c.equal("c.holder_role", q.Holder)
	c.among("c.holder_role", q.Holders)
	c.among("c.holder_subject", q.Mine)
	c.unit(q.Unit)
	c.equal("c.county", q.County)
	c.among("c.stage", q.Stages)
	if q.Open {
		c.and("c.outcome = ''")
	}
	if q.Overdue > 0 {
		c.and("c.due <= " + c.arg(q.Overdue))
	}
	if q.Since > 0 {
		c.and("c.changed > " + c.arg(q.Since))
	}
	c.tally(q.Tally)
	c.search(q.Text)
	return c
}

// unit asks for the cases of a unit, which are found among parties (unitRelation).
func (c *condition) unit(id string) {
	if id != "" {
		c.equal("c.unit", id)
		c.and("c.id IN (SELECT case_id FROM case_party WHERE province = $1 AND subject = " + c.arg(id) + ")")
	}
}

// tally asks for the cases behind a counter. Day bounds it from above, as counters by day are read: due or held since
// that day or before.
func (c *condition) tally(k casework.TallyKey) {
	if k.What == "" {
		return
	}
	part := "procedure = " + c.arg(k.Procedure) + " AND what = " + c.arg(k.What)
	if k.Key != "" {
		part += " AND key = " + c.arg(k.Key)
	}
	if k.Subject != "" {
		part += " AND subject = " + c.arg(k.Subject)
	}
	if k.Day != "" {
		part += " AND day <> '' AND day <= " + c.arg(k.Day)
	}
	c.and("c.id IN (SELECT case_id FROM case_tally WHERE province = $1 AND " + part + ")")
}

// scopes adds the alternatives. Where all of them go by a bound relation, the few cases bound to the subjects are found
// first, instead of walking everybody's.
func (c *condition) scopes(scopes []casework.Scope) {
	var any, bound []string
	for _, s := range scopes {
		one := &condition{args: c.args}
		one.equal("c.procedure", s.Procedure)
		one.equal("c.county", s.County)
		if s.Relation != "" || s.Subject != "" {
			party := "relation = " + one.arg(s.Relation) + " AND subject = " + one.arg(s.Subject)
			one.and("EXISTS (SELECT 1 FROM case_party p WHERE p.province = c.province AND p.case_id = c.id AND p." +
				strings.ReplaceAll(party, "AND subject", "AND p.subject") + ")")
			bound = append(bound, "SELECT case_id FROM case_party WHERE province = $1 AND "+party)
		}
		c.args = one.args
		if len(one.parts) == 0 {
			return // everything of the province
		}
		any = append(any, "("+one.String()+")")
	}
	c.and("(" + strings.Join(any, " OR ") + ")")
	if len(bound) == len(scopes) {
		c.and("c.id IN (" + strings.Join(bound, " UNION ") + ")")
	}
}

// apart parts a typed text into words also at half-spaces: what a name joins by one, others write with a blank, and the
// parts stand in either.
var apart = strings.NewReplacer("\x00", " ", "\u200c", " ")

var likeEscape = strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`)

// search asks for every word somewhere in the folded text; both sides are lower case, so LIKE says the same on both
// databases.
func (c *condition) search(typed string) {
	if r := []rune(typed); len(r) > searchRunes {
		typed = string(r[:searchRunes])
	}
	for _, word := range strings.Fields(text.Fold(apart.Replace(typed))) {
		c.and("c.search LIKE " + c.arg("%"+likeEscape.Replace(word)+"%") + ` ESCAPE '\'`)
	}
}

func scanRow(scan func(...any) error) (r casework.Row, err error) {
	var sample int64
	err = scan(&r.Province, &r.ID, &r.Number, &r.Procedure, &r.Definition, &r.Unit, &r.UnitName, &r.County, &r.Stage,
		&r.Outcome, &r.HolderRole, &r.HolderSubject, &r.Side, &r.Version, &r.Seq, &r.Due, &r.Amount, &r.Opened,
		&r.Changed, &r.Search, &sample)
	r.Sample = sample != 0
	if r.Due == noDue {
		r.Due = 0
	}
	return r, err
}

// cursor names the last row of a page by its place in the order.
func cursor(sort string, r casework.Row) string {
	due := r.Due
	if due == 0 {
		due = noDue
	}
	value := map[string]int64{"due": due, "changed": r.Changed, "opened": r.Opened, "amount": r.Amount}[sortName(sort)]
	return base64.RawURLEncoding.EncodeToString([]byte(sortName(sort) + " " + strconv.FormatInt(value, 10) + " " + r.ID))
}

func openCursor(sort, cursor string) (value int64, id string, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	parts := strings.SplitN(string(raw), " ", 3)
	if err != nil || len(parts) != 3 || parts[0] != sortName(sort) {
		return 0, "", fault.New(fault.Invalid, "store.cursor_invalid")
	}
	if value, err = strconv.ParseInt(parts[1], 10, 64); err != nil || strings.ContainsRune(parts[2], 0) {
		return 0, "", fault.New(fault.Invalid, "store.cursor_invalid")
	}
	return value, parts[2], nil
}
