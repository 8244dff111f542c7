//! Tables in Markdown, medians.

pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(head: &[&str]) -> Self {
        let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
        println!("| {} |\n|{}", head.join(" | "), " --- |".repeat(head.len()));
        Self { rows: vec![head] }
    }

    /// Adds a row and shows it at once: measurements take long.
    pub(crate) fn row(&mut self, row: Vec<String>) {
        println!("| {} |", row.join(" | "));
        self.rows.push(row);
    }
}

/// Median, least and most.
pub(crate) fn median(values: &[f64]) -> (f64, f64, f64) {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => (f64::NAN, f64::NAN, f64::NAN),
        n => (values[n / 2], values[0], values[n - 1]),
    }
}

pub(crate) fn thousands(n: f64) -> String {
    if n.is_nan() {
        return "—".to_owned();
    }
    let digits = format!("{n:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
