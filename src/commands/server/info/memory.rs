//! The memory section of INFO.

use super::{Page, sections};
use crate::stats::{MemoryUse, human};

pub(super) fn memory(page: &mut Page<'_>) {
    let server = page.server;
    let read = MemoryUse::read();
    server.accounting.correct(read.allocated);
    let used = MemoryUse { allocated: server.accounting.used(), ..read };
    let peak = server.journal.note_memory(used.allocated);
    let overhead = server.clients.memory() + server.journal.memory_at_start();
    let dataset = used.allocated.saturating_sub(overhead);
    let over_start = used.allocated.saturating_sub(server.journal.memory_at_start()).max(1);
    let percent = |part: u64, whole: u64| format!("{:.2}%", part as f64 * 100.0 / whole as f64);
    page.title("Memory");
    both(page, "used_memory", used.allocated);
    both(page, "used_memory_rss", used.rss);
    both(page, "used_memory_peak", peak);
    page.line("used_memory_peak_perc", percent(used.allocated, peak.max(1)));
    page.line("used_memory_overhead", overhead);
    page.line("used_memory_startup", server.journal.memory_at_start());
    page.line("used_memory_dataset", dataset);
    page.line("used_memory_dataset_perc", percent(dataset.min(over_start), over_start));
    page.line("allocator_allocated", used.allocated);
    page.line("allocator_active", used.active);
    page.line("allocator_resident", used.resident);
    page.line("allocator_muzzy", used.muzzy);
    both(page, "total_system_memory", system_memory());
    let scripting = &server.scripting;
    let (vm, cache) = (scripting.vm_bytes() as u64, scripting.cache.stats());
    page.line("used_memory_lua", vm);
    page.line("used_memory_vm_eval", vm);
    page.line("used_memory_lua_human", human(vm));
    page.line("used_memory_scripts_eval", cache.bytes);
    page.line("number_of_cached_scripts", cache.script_count);
    zeros(page, &["number_of_functions", "number_of_libraries", "used_memory_vm_functions"]);
    both(page, "used_memory_vm_total", vm);
    page.line("used_memory_functions", 0);
    both(page, "used_memory_scripts", cache.bytes as u64);
    both(page, "maxmemory", server.config.maxmemory.get());
    page.line("maxmemory_policy", sections::policy_name(server.config.maxmemory_policy.get()));
    ratio(page, "allocator_frag", used.active, used.allocated);
    ratio(page, "allocator_rss", used.resident, used.active);
    ratio(page, "rss_overhead", used.rss, used.resident);
    let fragmentation = used.rss as f64 / used.allocated.max(1) as f64;
    page.line("mem_fragmentation_ratio", format!("{fragmentation:.2}"));
    page.line("mem_fragmentation_bytes", used.rss as i64 - used.allocated as i64);
    zeros(
        page,
        &[
            "mem_not_counted_for_evict",
            "mem_replication_backlog",
            "mem_total_replication_buffers",
            "mem_replicas_repl_buffer",
            "mem_clients_slaves",
        ],
    );
    page.line("mem_clients_normal", server.clients.memory());
    let cluster = server.cluster.as_ref();
    let links = cluster.map_or(0, |cluster| cluster.with(|cluster, _| cluster.links_bytes()));
    page.line("mem_cluster_links", links);
    zeros(page, &["mem_cluster_slot_import", "mem_cluster_slot_export", "mem_aof_buffer"]);
    page.line("mem_allocator", crate::sys::allocator::NAME);
    zeros(page, &["mem_overhead_db_hashtable_rehashing", "active_defrag_running"]);
    page.line("lazyfree_pending_objects", server.lazy_free.pending());
    page.line("lazyfreed_objects", server.lazy_free.freed());
}

fn both(page: &mut Page<'_>, name: &str, bytes: u64) {
    page.line(name, bytes);
    page.line(format!("{name}_human"), human(bytes));
}

fn ratio(page: &mut Page<'_>, name: &str, larger: u64, smaller: u64) {
    let ratio = larger as f64 / smaller.max(1) as f64;
    page.line(format!("{name}_ratio"), format!("{ratio:.2}"));
    page.line(format!("{name}_bytes"), larger as i64 - smaller as i64);
}

fn zeros(page: &mut Page<'_>, names: &[&str]) {
    for name in names {
        page.line(name, 0);
    }
}

fn system_memory() -> u64 {
    let info = rustix::system::sysinfo();
    info.totalram * u64::from(info.mem_unit.max(1))
}
