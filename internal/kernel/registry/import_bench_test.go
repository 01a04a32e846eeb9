package registry_test

import (
	"context"
	"strconv"
	"syscall"
	"testing"

	"rahgosha/internal/kernel/registry"
)

// sheetRows is a sheet of n units that the register does not have yet, as an office keeps it; from numbers the first.
func sheetRows(from, n int) [][]string {
	goods := []string{"ریسندگی", "بافندگی", "پوشاک", "رنگرزی", "کاشی", "فولاد", "چرم", "لبنیات", "قطعه‌سازی", "کارتن", "شیشه", "داروسازی", "سیم"}
	names := []string{"پارس", "البرز", "نوآور", "ایرانیان", "گستر", "کاران", "پیشگام", "توسعه", "پرنیان", "آپادانا", "زمرد"}
	cities := []string{"کرج", "فردیس", "نظرآباد", "ساوجبلاغ", "اشتهارد", "طالقان", "محمدشهر", "هشتگرد", "گرمدره"}
	rows := [][]string{{"نام واحد", "شناسه ملی", "کد آیسیک", "شهر", "تعداد کارکنان", "تلفن همراه", "نشانی", "وضعیت"}}
	for i := from; i < from+n; i++ {
		name := goods[i%len(goods)] + " " + names[i%len(names)] + " " + names[(i*7+3)%len(names)] + " " + strconv.Itoa(i)
		city := cities[i%len(cities)]
		rows = append(rows, []string{name, legalID(2_222_200_000 + i), "1312", city, strconv.Itoa(5 + i%200),
			"0912" + strconv.Itoa(1_000_000+i%9_000_000), "البرز، " + city + "، خیابان باران، پلاک " + strconv.Itoa(i%400), "فعال"})
	}
	return rows
}

// cpuMS is the processor time used so far, in ms.
func cpuMS(b *testing.B) float64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e6
}

// BenchmarkImport lands 10,000 new rows in a register that holds as many; cpu-ms/op is the process's own time.
func BenchmarkImport(b *testing.B) {
	const rows = 10_000
	w := newWorld(b)
	w.take(b, false, sheetRows(0, rows))
	before, n := cpuMS(b), 0
	b.ResetTimer()
	for b.Loop() {
		n++
		if out := w.take(b, false, sheetRows(n*rows, rows)); out.Landed != rows {
			b.Fatalf("landed %d of %d", out.Landed, rows)
		}
	}
	b.ReportMetric((cpuMS(b)-before)/float64(n), "cpu-ms/op")
}

// BenchmarkExport gives all of 10,000 units.
func BenchmarkExport(b *testing.B) {
	const rows = 10_000
	w := newWorld(b)
	w.take(b, false, sheetRows(0, rows))
	before, n := cpuMS(b), 0
	b.ResetTimer()
	for b.Loop() {
		n++
		given := 0
		if err := w.Export(context.Background(), province, "p1", func(registry.Exported) error { given++; return nil }); err != nil || given != rows {
			b.Fatalf("%d units, %v", given, err)
		}
	}
	b.ReportMetric((cpuMS(b)-before)/float64(n), "cpu-ms/op")
}
