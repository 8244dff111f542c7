//! Written out by `tests/table.rs` from `data/commands.tsv`; do not edit.

use super::{CommandInfo, Flags, KeySpec, RequestPolicy, ResponsePolicy};

const fn range(first: u8, last: i8, step: u8) -> KeySpec {
    KeySpec::Range { first, last, step }
}

const fn counted(count: u8, step: u8, fixed: u8) -> KeySpec {
    KeySpec::Counted { count, step, fixed }
}

/// A constant for each command, named as it is.
#[rustfmt::skip]
#[allow(dead_code, reason = "the table is whole, the typed commands are not yet")]
pub(crate) mod commands {
    use super::*;

    pub(crate) static ACL: CommandInfo = CommandInfo { name: "ACL", encoded: b"$3\r\nACL\r\n", words: 1, arity: -2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ACL_CAT: CommandInfo = CommandInfo { name: "ACL CAT", encoded: b"$3\r\nACL\r\n$3\r\nCAT\r\n", words: 2, arity: -2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ACL_DELUSER: CommandInfo = CommandInfo { name: "ACL DELUSER", encoded: b"$3\r\nACL\r\n$7\r\nDELUSER\r\n", words: 2, arity: -3, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::AllNodes, response: ResponsePolicy::AllSucceeded };
    pub(crate) static ACL_DRYRUN: CommandInfo = CommandInfo { name: "ACL DRYRUN", encoded: b"$3\r\nACL\r\n$6\r\nDRYRUN\r\n", words: 2, arity: -4, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ACL_GENPASS: CommandInfo = CommandInfo { name: "ACL GENPASS", encoded: b"$3\r\nACL\r\n$7\r\nGENPASS\r\n", words: 2, arity: -2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ACL_GETUSER: CommandInfo = CommandInfo { name: "ACL GETUSER", encoded: b"$3\r\nACL\r\n$7\r\nGETUSER\r\n", words: 2, arity: 3, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ACL_HELP: CommandInfo = CommandInfo { name: "ACL HELP", encoded: b"$3\r\nACL\r\n$4\r\nHELP\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ACL_LIST: CommandInfo = CommandInfo { name: "ACL LIST", encoded: b"$3\r\nACL\r\n$4\r\nLIST\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ACL_LOAD: CommandInfo = CommandInfo { name: "ACL LOAD", encoded: b"$3\r\nACL\r\n$4\r\nLOAD\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ACL_LOG: CommandInfo = CommandInfo { name: "ACL LOG", encoded: b"$3\r\nACL\r\n$3\r\nLOG\r\n", words: 2, arity: -2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ACL_SAVE: CommandInfo = CommandInfo { name: "ACL SAVE", encoded: b"$3\r\nACL\r\n$4\r\nSAVE\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::AllNodes, response: ResponsePolicy::AllSucceeded };
    pub(crate) static ACL_SETUSER: CommandInfo = CommandInfo { name: "ACL SETUSER", encoded: b"$3\r\nACL\r\n$7\r\nSETUSER\r\n", words: 2, arity: -3, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::AllNodes, response: ResponsePolicy::AllSucceeded };
    pub(crate) static ACL_USERS: CommandInfo = CommandInfo { name: "ACL USERS", encoded: b"$3\r\nACL\r\n$5\r\nUSERS\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ACL_WHOAMI: CommandInfo = CommandInfo { name: "ACL WHOAMI", encoded: b"$3\r\nACL\r\n$6\r\nWHOAMI\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static APPEND: CommandInfo = CommandInfo { name: "APPEND", encoded: b"$6\r\nAPPEND\r\n", words: 1, arity: 3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ASKING: CommandInfo = CommandInfo { name: "ASKING", encoded: b"$6\r\nASKING\r\n", words: 1, arity: 1, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CONNECTION), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static AUTH: CommandInfo = CommandInfo { name: "AUTH", encoded: b"$4\r\nAUTH\r\n", words: 1, arity: -2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CONNECTION), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static BGREWRITEAOF: CommandInfo = CommandInfo { name: "BGREWRITEAOF", encoded: b"$12\r\nBGREWRITEAOF\r\n", words: 1, arity: 1, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static BGSAVE: CommandInfo = CommandInfo { name: "BGSAVE", encoded: b"$6\r\nBGSAVE\r\n", words: 1, arity: -1, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static BITCOUNT: CommandInfo = CommandInfo { name: "BITCOUNT", encoded: b"$8\r\nBITCOUNT\r\n", words: 1, arity: -2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static BITFIELD: CommandInfo = CommandInfo { name: "BITFIELD", encoded: b"$8\r\nBITFIELD\r\n", words: 1, arity: -2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static BITFIELD_RO: CommandInfo = CommandInfo { name: "BITFIELD_RO", encoded: b"$11\r\nBITFIELD_RO\r\n", words: 1, arity: -2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static BITOP: CommandInfo = CommandInfo { name: "BITOP", encoded: b"$5\r\nBITOP\r\n", words: 1, arity: -4, keys: range(2, -1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static BITPOS: CommandInfo = CommandInfo { name: "BITPOS", encoded: b"$6\r\nBITPOS\r\n", words: 1, arity: -3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static BLMOVE: CommandInfo = CommandInfo { name: "BLMOVE", encoded: b"$6\r\nBLMOVE\r\n", words: 1, arity: 6, keys: range(1, 2, 1), flags: Flags::NONE.or(Flags::WRITE).or(Flags::BLOCKING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static BLMPOP: CommandInfo = CommandInfo { name: "BLMPOP", encoded: b"$6\r\nBLMPOP\r\n", words: 1, arity: -5, keys: counted(2, 1, 0), flags: Flags::NONE.or(Flags::WRITE).or(Flags::BLOCKING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static BLPOP: CommandInfo = CommandInfo { name: "BLPOP", encoded: b"$5\r\nBLPOP\r\n", words: 1, arity: -3, keys: range(1, -2, 1), flags: Flags::NONE.or(Flags::WRITE).or(Flags::BLOCKING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static BRPOP: CommandInfo = CommandInfo { name: "BRPOP", encoded: b"$5\r\nBRPOP\r\n", words: 1, arity: -3, keys: range(1, -2, 1), flags: Flags::NONE.or(Flags::WRITE).or(Flags::BLOCKING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static BRPOPLPUSH: CommandInfo = CommandInfo { name: "BRPOPLPUSH", encoded: b"$10\r\nBRPOPLPUSH\r\n", words: 1, arity: 4, keys: range(1, 2, 1), flags: Flags::NONE.or(Flags::WRITE).or(Flags::BLOCKING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static BZMPOP: CommandInfo = CommandInfo { name: "BZMPOP", encoded: b"$6\r\nBZMPOP\r\n", words: 1, arity: -5, keys: counted(2, 1, 0), flags: Flags::NONE.or(Flags::WRITE).or(Flags::BLOCKING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static BZPOPMAX: CommandInfo = CommandInfo { name: "BZPOPMAX", encoded: b"$8\r\nBZPOPMAX\r\n", words: 1, arity: -3, keys: range(1, -2, 1), flags: Flags::NONE.or(Flags::WRITE).or(Flags::BLOCKING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static BZPOPMIN: CommandInfo = CommandInfo { name: "BZPOPMIN", encoded: b"$8\r\nBZPOPMIN\r\n", words: 1, arity: -3, keys: range(1, -2, 1), flags: Flags::NONE.or(Flags::WRITE).or(Flags::BLOCKING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLIENT: CommandInfo = CommandInfo { name: "CLIENT", encoded: b"$6\r\nCLIENT\r\n", words: 1, arity: -2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLIENT_CACHING: CommandInfo = CommandInfo { name: "CLIENT CACHING", encoded: b"$6\r\nCLIENT\r\n$7\r\nCACHING\r\n", words: 2, arity: 3, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CONNECTION), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLIENT_CAPA: CommandInfo = CommandInfo { name: "CLIENT CAPA", encoded: b"$6\r\nCLIENT\r\n$4\r\nCAPA\r\n", words: 2, arity: -3, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CONNECTION), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLIENT_GETNAME: CommandInfo = CommandInfo { name: "CLIENT GETNAME", encoded: b"$6\r\nCLIENT\r\n$7\r\nGETNAME\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLIENT_GETREDIR: CommandInfo = CommandInfo { name: "CLIENT GETREDIR", encoded: b"$6\r\nCLIENT\r\n$8\r\nGETREDIR\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLIENT_HELP: CommandInfo = CommandInfo { name: "CLIENT HELP", encoded: b"$6\r\nCLIENT\r\n$4\r\nHELP\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLIENT_ID: CommandInfo = CommandInfo { name: "CLIENT ID", encoded: b"$6\r\nCLIENT\r\n$2\r\nID\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLIENT_IMPORT_SOURCE: CommandInfo = CommandInfo { name: "CLIENT IMPORT-SOURCE", encoded: b"$6\r\nCLIENT\r\n$13\r\nIMPORT-SOURCE\r\n", words: 2, arity: 3, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CONNECTION), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLIENT_INFO: CommandInfo = CommandInfo { name: "CLIENT INFO", encoded: b"$6\r\nCLIENT\r\n$4\r\nINFO\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLIENT_KILL: CommandInfo = CommandInfo { name: "CLIENT KILL", encoded: b"$6\r\nCLIENT\r\n$4\r\nKILL\r\n", words: 2, arity: -3, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLIENT_LIST: CommandInfo = CommandInfo { name: "CLIENT LIST", encoded: b"$6\r\nCLIENT\r\n$4\r\nLIST\r\n", words: 2, arity: -2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLIENT_NO_EVICT: CommandInfo = CommandInfo { name: "CLIENT NO-EVICT", encoded: b"$6\r\nCLIENT\r\n$8\r\nNO-EVICT\r\n", words: 2, arity: 3, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CONNECTION), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLIENT_NO_TOUCH: CommandInfo = CommandInfo { name: "CLIENT NO-TOUCH", encoded: b"$6\r\nCLIENT\r\n$8\r\nNO-TOUCH\r\n", words: 2, arity: 3, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CONNECTION), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLIENT_PAUSE: CommandInfo = CommandInfo { name: "CLIENT PAUSE", encoded: b"$6\r\nCLIENT\r\n$5\r\nPAUSE\r\n", words: 2, arity: -3, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLIENT_REPLY: CommandInfo = CommandInfo { name: "CLIENT REPLY", encoded: b"$6\r\nCLIENT\r\n$5\r\nREPLY\r\n", words: 2, arity: 3, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CONNECTION), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLIENT_SETINFO: CommandInfo = CommandInfo { name: "CLIENT SETINFO", encoded: b"$6\r\nCLIENT\r\n$7\r\nSETINFO\r\n", words: 2, arity: 4, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::AllNodes, response: ResponsePolicy::AllSucceeded };
    pub(crate) static CLIENT_SETNAME: CommandInfo = CommandInfo { name: "CLIENT SETNAME", encoded: b"$6\r\nCLIENT\r\n$7\r\nSETNAME\r\n", words: 2, arity: 3, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::AllNodes, response: ResponsePolicy::AllSucceeded };
    pub(crate) static CLIENT_TRACKING: CommandInfo = CommandInfo { name: "CLIENT TRACKING", encoded: b"$6\r\nCLIENT\r\n$8\r\nTRACKING\r\n", words: 2, arity: -3, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CONNECTION), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLIENT_TRACKINGINFO: CommandInfo = CommandInfo { name: "CLIENT TRACKINGINFO", encoded: b"$6\r\nCLIENT\r\n$12\r\nTRACKINGINFO\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLIENT_UNBLOCK: CommandInfo = CommandInfo { name: "CLIENT UNBLOCK", encoded: b"$6\r\nCLIENT\r\n$7\r\nUNBLOCK\r\n", words: 2, arity: -3, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLIENT_UNPAUSE: CommandInfo = CommandInfo { name: "CLIENT UNPAUSE", encoded: b"$6\r\nCLIENT\r\n$7\r\nUNPAUSE\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER: CommandInfo = CommandInfo { name: "CLUSTER", encoded: b"$7\r\nCLUSTER\r\n", words: 1, arity: -2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_ADDSLOTS: CommandInfo = CommandInfo { name: "CLUSTER ADDSLOTS", encoded: b"$7\r\nCLUSTER\r\n$8\r\nADDSLOTS\r\n", words: 2, arity: -3, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_ADDSLOTSRANGE: CommandInfo = CommandInfo { name: "CLUSTER ADDSLOTSRANGE", encoded: b"$7\r\nCLUSTER\r\n$13\r\nADDSLOTSRANGE\r\n", words: 2, arity: -4, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_BUMPEPOCH: CommandInfo = CommandInfo { name: "CLUSTER BUMPEPOCH", encoded: b"$7\r\nCLUSTER\r\n$9\r\nBUMPEPOCH\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_CANCELSLOTMIGRATIONS: CommandInfo = CommandInfo { name: "CLUSTER CANCELSLOTMIGRATIONS", encoded: b"$7\r\nCLUSTER\r\n$20\r\nCANCELSLOTMIGRATIONS\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_COUNT_FAILURE_REPORTS: CommandInfo = CommandInfo { name: "CLUSTER COUNT-FAILURE-REPORTS", encoded: b"$7\r\nCLUSTER\r\n$21\r\nCOUNT-FAILURE-REPORTS\r\n", words: 2, arity: 3, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_COUNTKEYSINSLOT: CommandInfo = CommandInfo { name: "CLUSTER COUNTKEYSINSLOT", encoded: b"$7\r\nCLUSTER\r\n$15\r\nCOUNTKEYSINSLOT\r\n", words: 2, arity: 3, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_DELSLOTS: CommandInfo = CommandInfo { name: "CLUSTER DELSLOTS", encoded: b"$7\r\nCLUSTER\r\n$8\r\nDELSLOTS\r\n", words: 2, arity: -3, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_DELSLOTSRANGE: CommandInfo = CommandInfo { name: "CLUSTER DELSLOTSRANGE", encoded: b"$7\r\nCLUSTER\r\n$13\r\nDELSLOTSRANGE\r\n", words: 2, arity: -4, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_FAILOVER: CommandInfo = CommandInfo { name: "CLUSTER FAILOVER", encoded: b"$7\r\nCLUSTER\r\n$8\r\nFAILOVER\r\n", words: 2, arity: -2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_FLUSHSLOT: CommandInfo = CommandInfo { name: "CLUSTER FLUSHSLOT", encoded: b"$7\r\nCLUSTER\r\n$9\r\nFLUSHSLOT\r\n", words: 2, arity: -3, keys: KeySpec::None, flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_FLUSHSLOTS: CommandInfo = CommandInfo { name: "CLUSTER FLUSHSLOTS", encoded: b"$7\r\nCLUSTER\r\n$10\r\nFLUSHSLOTS\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_FORGET: CommandInfo = CommandInfo { name: "CLUSTER FORGET", encoded: b"$7\r\nCLUSTER\r\n$6\r\nFORGET\r\n", words: 2, arity: 3, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_GETKEYSINSLOT: CommandInfo = CommandInfo { name: "CLUSTER GETKEYSINSLOT", encoded: b"$7\r\nCLUSTER\r\n$13\r\nGETKEYSINSLOT\r\n", words: 2, arity: 4, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_GETSLOTMIGRATIONS: CommandInfo = CommandInfo { name: "CLUSTER GETSLOTMIGRATIONS", encoded: b"$7\r\nCLUSTER\r\n$17\r\nGETSLOTMIGRATIONS\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_HELP: CommandInfo = CommandInfo { name: "CLUSTER HELP", encoded: b"$7\r\nCLUSTER\r\n$4\r\nHELP\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_INFO: CommandInfo = CommandInfo { name: "CLUSTER INFO", encoded: b"$7\r\nCLUSTER\r\n$4\r\nINFO\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_KEYSLOT: CommandInfo = CommandInfo { name: "CLUSTER KEYSLOT", encoded: b"$7\r\nCLUSTER\r\n$7\r\nKEYSLOT\r\n", words: 2, arity: 3, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_LINKS: CommandInfo = CommandInfo { name: "CLUSTER LINKS", encoded: b"$7\r\nCLUSTER\r\n$5\r\nLINKS\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_MEET: CommandInfo = CommandInfo { name: "CLUSTER MEET", encoded: b"$7\r\nCLUSTER\r\n$4\r\nMEET\r\n", words: 2, arity: -4, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_MIGRATESLOTS: CommandInfo = CommandInfo { name: "CLUSTER MIGRATESLOTS", encoded: b"$7\r\nCLUSTER\r\n$12\r\nMIGRATESLOTS\r\n", words: 2, arity: -4, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_MYID: CommandInfo = CommandInfo { name: "CLUSTER MYID", encoded: b"$7\r\nCLUSTER\r\n$4\r\nMYID\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_MYSHARDID: CommandInfo = CommandInfo { name: "CLUSTER MYSHARDID", encoded: b"$7\r\nCLUSTER\r\n$9\r\nMYSHARDID\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_NODES: CommandInfo = CommandInfo { name: "CLUSTER NODES", encoded: b"$7\r\nCLUSTER\r\n$5\r\nNODES\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_REPLICAS: CommandInfo = CommandInfo { name: "CLUSTER REPLICAS", encoded: b"$7\r\nCLUSTER\r\n$8\r\nREPLICAS\r\n", words: 2, arity: 3, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_REPLICATE: CommandInfo = CommandInfo { name: "CLUSTER REPLICATE", encoded: b"$7\r\nCLUSTER\r\n$9\r\nREPLICATE\r\n", words: 2, arity: -3, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_RESET: CommandInfo = CommandInfo { name: "CLUSTER RESET", encoded: b"$7\r\nCLUSTER\r\n$5\r\nRESET\r\n", words: 2, arity: -2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_SAVECONFIG: CommandInfo = CommandInfo { name: "CLUSTER SAVECONFIG", encoded: b"$7\r\nCLUSTER\r\n$10\r\nSAVECONFIG\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_SET_CONFIG_EPOCH: CommandInfo = CommandInfo { name: "CLUSTER SET-CONFIG-EPOCH", encoded: b"$7\r\nCLUSTER\r\n$16\r\nSET-CONFIG-EPOCH\r\n", words: 2, arity: 3, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_SETSLOT: CommandInfo = CommandInfo { name: "CLUSTER SETSLOT", encoded: b"$7\r\nCLUSTER\r\n$7\r\nSETSLOT\r\n", words: 2, arity: -4, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_SHARDS: CommandInfo = CommandInfo { name: "CLUSTER SHARDS", encoded: b"$7\r\nCLUSTER\r\n$6\r\nSHARDS\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_SLAVES: CommandInfo = CommandInfo { name: "CLUSTER SLAVES", encoded: b"$7\r\nCLUSTER\r\n$6\r\nSLAVES\r\n", words: 2, arity: 3, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_SLOT_STATS: CommandInfo = CommandInfo { name: "CLUSTER SLOT-STATS", encoded: b"$7\r\nCLUSTER\r\n$10\r\nSLOT-STATS\r\n", words: 2, arity: -4, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CHANGING), request: RequestPolicy::AllShards, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_SLOTS: CommandInfo = CommandInfo { name: "CLUSTER SLOTS", encoded: b"$7\r\nCLUSTER\r\n$5\r\nSLOTS\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTER_SYNCSLOTS: CommandInfo = CommandInfo { name: "CLUSTER SYNCSLOTS", encoded: b"$7\r\nCLUSTER\r\n$9\r\nSYNCSLOTS\r\n", words: 2, arity: -3, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CLUSTERSCAN: CommandInfo = CommandInfo { name: "CLUSTERSCAN", encoded: b"$11\r\nCLUSTERSCAN\r\n", words: 1, arity: -2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY).or(Flags::CHANGING), request: RequestPolicy::Special, response: ResponsePolicy::Special };
    pub(crate) static COMMAND: CommandInfo = CommandInfo { name: "COMMAND", encoded: b"$7\r\nCOMMAND\r\n", words: 1, arity: -1, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static COMMAND_COUNT: CommandInfo = CommandInfo { name: "COMMAND COUNT", encoded: b"$7\r\nCOMMAND\r\n$5\r\nCOUNT\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static COMMAND_DOCS: CommandInfo = CommandInfo { name: "COMMAND DOCS", encoded: b"$7\r\nCOMMAND\r\n$4\r\nDOCS\r\n", words: 2, arity: -2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static COMMAND_GETKEYS: CommandInfo = CommandInfo { name: "COMMAND GETKEYS", encoded: b"$7\r\nCOMMAND\r\n$7\r\nGETKEYS\r\n", words: 2, arity: -3, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static COMMAND_GETKEYSANDFLAGS: CommandInfo = CommandInfo { name: "COMMAND GETKEYSANDFLAGS", encoded: b"$7\r\nCOMMAND\r\n$15\r\nGETKEYSANDFLAGS\r\n", words: 2, arity: -3, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static COMMAND_HELP: CommandInfo = CommandInfo { name: "COMMAND HELP", encoded: b"$7\r\nCOMMAND\r\n$4\r\nHELP\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static COMMAND_INFO: CommandInfo = CommandInfo { name: "COMMAND INFO", encoded: b"$7\r\nCOMMAND\r\n$4\r\nINFO\r\n", words: 2, arity: -2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static COMMAND_LIST: CommandInfo = CommandInfo { name: "COMMAND LIST", encoded: b"$7\r\nCOMMAND\r\n$4\r\nLIST\r\n", words: 2, arity: -2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static COMMANDLOG: CommandInfo = CommandInfo { name: "COMMANDLOG", encoded: b"$10\r\nCOMMANDLOG\r\n", words: 1, arity: -2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static COMMANDLOG_GET: CommandInfo = CommandInfo { name: "COMMANDLOG GET", encoded: b"$10\r\nCOMMANDLOG\r\n$3\r\nGET\r\n", words: 2, arity: 4, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CHANGING), request: RequestPolicy::AllNodes, response: ResponsePolicy::Default };
    pub(crate) static COMMANDLOG_HELP: CommandInfo = CommandInfo { name: "COMMANDLOG HELP", encoded: b"$10\r\nCOMMANDLOG\r\n$4\r\nHELP\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static COMMANDLOG_LEN: CommandInfo = CommandInfo { name: "COMMANDLOG LEN", encoded: b"$10\r\nCOMMANDLOG\r\n$3\r\nLEN\r\n", words: 2, arity: 3, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CHANGING), request: RequestPolicy::AllNodes, response: ResponsePolicy::Sum };
    pub(crate) static COMMANDLOG_RESET: CommandInfo = CommandInfo { name: "COMMANDLOG RESET", encoded: b"$10\r\nCOMMANDLOG\r\n$5\r\nRESET\r\n", words: 2, arity: 3, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::AllNodes, response: ResponsePolicy::AllSucceeded };
    pub(crate) static CONFIG: CommandInfo = CommandInfo { name: "CONFIG", encoded: b"$6\r\nCONFIG\r\n", words: 1, arity: -2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CONFIG_GET: CommandInfo = CommandInfo { name: "CONFIG GET", encoded: b"$6\r\nCONFIG\r\n$3\r\nGET\r\n", words: 2, arity: -3, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CONFIG_HELP: CommandInfo = CommandInfo { name: "CONFIG HELP", encoded: b"$6\r\nCONFIG\r\n$4\r\nHELP\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static CONFIG_RESETSTAT: CommandInfo = CommandInfo { name: "CONFIG RESETSTAT", encoded: b"$6\r\nCONFIG\r\n$9\r\nRESETSTAT\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::AllNodes, response: ResponsePolicy::AllSucceeded };
    pub(crate) static CONFIG_REWRITE: CommandInfo = CommandInfo { name: "CONFIG REWRITE", encoded: b"$6\r\nCONFIG\r\n$7\r\nREWRITE\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::AllNodes, response: ResponsePolicy::AllSucceeded };
    pub(crate) static CONFIG_SET: CommandInfo = CommandInfo { name: "CONFIG SET", encoded: b"$6\r\nCONFIG\r\n$3\r\nSET\r\n", words: 2, arity: -4, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::AllNodes, response: ResponsePolicy::AllSucceeded };
    pub(crate) static COPY: CommandInfo = CommandInfo { name: "COPY", encoded: b"$4\r\nCOPY\r\n", words: 1, arity: -3, keys: range(1, 2, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static DBSIZE: CommandInfo = CommandInfo { name: "DBSIZE", encoded: b"$6\r\nDBSIZE\r\n", words: 1, arity: 1, keys: KeySpec::None, flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::AllShards, response: ResponsePolicy::Sum };
    pub(crate) static DEBUG: CommandInfo = CommandInfo { name: "DEBUG", encoded: b"$5\r\nDEBUG\r\n", words: 1, arity: -2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static DECR: CommandInfo = CommandInfo { name: "DECR", encoded: b"$4\r\nDECR\r\n", words: 1, arity: 2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static DECRBY: CommandInfo = CommandInfo { name: "DECRBY", encoded: b"$6\r\nDECRBY\r\n", words: 1, arity: 3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static DEL: CommandInfo = CommandInfo { name: "DEL", encoded: b"$3\r\nDEL\r\n", words: 1, arity: -2, keys: range(1, -1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::MultiShard, response: ResponsePolicy::Sum };
    pub(crate) static DELIFEQ: CommandInfo = CommandInfo { name: "DELIFEQ", encoded: b"$7\r\nDELIFEQ\r\n", words: 1, arity: 3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static DISCARD: CommandInfo = CommandInfo { name: "DISCARD", encoded: b"$7\r\nDISCARD\r\n", words: 1, arity: 1, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CONNECTION), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static DUMP: CommandInfo = CommandInfo { name: "DUMP", encoded: b"$4\r\nDUMP\r\n", words: 1, arity: 2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY).or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ECHO: CommandInfo = CommandInfo { name: "ECHO", encoded: b"$4\r\nECHO\r\n", words: 1, arity: 2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::IDEMPOTENT), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static EVAL: CommandInfo = CommandInfo { name: "EVAL", encoded: b"$4\r\nEVAL\r\n", words: 1, arity: -3, keys: counted(2, 1, 0), flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static EVALSHA: CommandInfo = CommandInfo { name: "EVALSHA", encoded: b"$7\r\nEVALSHA\r\n", words: 1, arity: -3, keys: counted(2, 1, 0), flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static EVALSHA_RO: CommandInfo = CommandInfo { name: "EVALSHA_RO", encoded: b"$10\r\nEVALSHA_RO\r\n", words: 1, arity: -3, keys: counted(2, 1, 0), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static EVAL_RO: CommandInfo = CommandInfo { name: "EVAL_RO", encoded: b"$7\r\nEVAL_RO\r\n", words: 1, arity: -3, keys: counted(2, 1, 0), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static EXEC: CommandInfo = CommandInfo { name: "EXEC", encoded: b"$4\r\nEXEC\r\n", words: 1, arity: 1, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CONNECTION), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static EXISTS: CommandInfo = CommandInfo { name: "EXISTS", encoded: b"$6\r\nEXISTS\r\n", words: 1, arity: -2, keys: range(1, -1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::MultiShard, response: ResponsePolicy::Sum };
    pub(crate) static EXPIRE: CommandInfo = CommandInfo { name: "EXPIRE", encoded: b"$6\r\nEXPIRE\r\n", words: 1, arity: -3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static EXPIREAT: CommandInfo = CommandInfo { name: "EXPIREAT", encoded: b"$8\r\nEXPIREAT\r\n", words: 1, arity: -3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static EXPIRETIME: CommandInfo = CommandInfo { name: "EXPIRETIME", encoded: b"$10\r\nEXPIRETIME\r\n", words: 1, arity: 2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static FAILOVER: CommandInfo = CommandInfo { name: "FAILOVER", encoded: b"$8\r\nFAILOVER\r\n", words: 1, arity: -1, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static FCALL: CommandInfo = CommandInfo { name: "FCALL", encoded: b"$5\r\nFCALL\r\n", words: 1, arity: -3, keys: counted(2, 1, 0), flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static FCALL_RO: CommandInfo = CommandInfo { name: "FCALL_RO", encoded: b"$8\r\nFCALL_RO\r\n", words: 1, arity: -3, keys: counted(2, 1, 0), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static FLUSHALL: CommandInfo = CommandInfo { name: "FLUSHALL", encoded: b"$8\r\nFLUSHALL\r\n", words: 1, arity: -1, keys: KeySpec::None, flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::AllShards, response: ResponsePolicy::AllSucceeded };
    pub(crate) static FLUSHDB: CommandInfo = CommandInfo { name: "FLUSHDB", encoded: b"$7\r\nFLUSHDB\r\n", words: 1, arity: -1, keys: KeySpec::None, flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::AllShards, response: ResponsePolicy::AllSucceeded };
    pub(crate) static FUNCTION: CommandInfo = CommandInfo { name: "FUNCTION", encoded: b"$8\r\nFUNCTION\r\n", words: 1, arity: -2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static FUNCTION_DELETE: CommandInfo = CommandInfo { name: "FUNCTION DELETE", encoded: b"$8\r\nFUNCTION\r\n$6\r\nDELETE\r\n", words: 2, arity: 3, keys: KeySpec::None, flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::AllShards, response: ResponsePolicy::AllSucceeded };
    pub(crate) static FUNCTION_DUMP: CommandInfo = CommandInfo { name: "FUNCTION DUMP", encoded: b"$8\r\nFUNCTION\r\n$4\r\nDUMP\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static FUNCTION_FLUSH: CommandInfo = CommandInfo { name: "FUNCTION FLUSH", encoded: b"$8\r\nFUNCTION\r\n$5\r\nFLUSH\r\n", words: 2, arity: -2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::AllShards, response: ResponsePolicy::AllSucceeded };
    pub(crate) static FUNCTION_HELP: CommandInfo = CommandInfo { name: "FUNCTION HELP", encoded: b"$8\r\nFUNCTION\r\n$4\r\nHELP\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static FUNCTION_KILL: CommandInfo = CommandInfo { name: "FUNCTION KILL", encoded: b"$8\r\nFUNCTION\r\n$4\r\nKILL\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::AllShards, response: ResponsePolicy::OneSucceeded };
    pub(crate) static FUNCTION_LIST: CommandInfo = CommandInfo { name: "FUNCTION LIST", encoded: b"$8\r\nFUNCTION\r\n$4\r\nLIST\r\n", words: 2, arity: -2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static FUNCTION_LOAD: CommandInfo = CommandInfo { name: "FUNCTION LOAD", encoded: b"$8\r\nFUNCTION\r\n$4\r\nLOAD\r\n", words: 2, arity: -3, keys: KeySpec::None, flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::AllShards, response: ResponsePolicy::AllSucceeded };
    pub(crate) static FUNCTION_RESTORE: CommandInfo = CommandInfo { name: "FUNCTION RESTORE", encoded: b"$8\r\nFUNCTION\r\n$7\r\nRESTORE\r\n", words: 2, arity: -3, keys: KeySpec::None, flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::AllShards, response: ResponsePolicy::AllSucceeded };
    pub(crate) static FUNCTION_STATS: CommandInfo = CommandInfo { name: "FUNCTION STATS", encoded: b"$8\r\nFUNCTION\r\n$5\r\nSTATS\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CHANGING), request: RequestPolicy::AllShards, response: ResponsePolicy::Special };
    pub(crate) static GEOADD: CommandInfo = CommandInfo { name: "GEOADD", encoded: b"$6\r\nGEOADD\r\n", words: 1, arity: -5, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static GEODIST: CommandInfo = CommandInfo { name: "GEODIST", encoded: b"$7\r\nGEODIST\r\n", words: 1, arity: -4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static GEOHASH: CommandInfo = CommandInfo { name: "GEOHASH", encoded: b"$7\r\nGEOHASH\r\n", words: 1, arity: -2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static GEOPOS: CommandInfo = CommandInfo { name: "GEOPOS", encoded: b"$6\r\nGEOPOS\r\n", words: 1, arity: -2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static GEORADIUS: CommandInfo = CommandInfo { name: "GEORADIUS", encoded: b"$9\r\nGEORADIUS\r\n", words: 1, arity: -6, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static GEORADIUSBYMEMBER: CommandInfo = CommandInfo { name: "GEORADIUSBYMEMBER", encoded: b"$17\r\nGEORADIUSBYMEMBER\r\n", words: 1, arity: -5, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static GEORADIUSBYMEMBER_RO: CommandInfo = CommandInfo { name: "GEORADIUSBYMEMBER_RO", encoded: b"$20\r\nGEORADIUSBYMEMBER_RO\r\n", words: 1, arity: -5, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static GEORADIUS_RO: CommandInfo = CommandInfo { name: "GEORADIUS_RO", encoded: b"$12\r\nGEORADIUS_RO\r\n", words: 1, arity: -6, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static GEOSEARCH: CommandInfo = CommandInfo { name: "GEOSEARCH", encoded: b"$9\r\nGEOSEARCH\r\n", words: 1, arity: -7, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static GEOSEARCHSTORE: CommandInfo = CommandInfo { name: "GEOSEARCHSTORE", encoded: b"$14\r\nGEOSEARCHSTORE\r\n", words: 1, arity: -8, keys: range(1, 2, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static GET: CommandInfo = CommandInfo { name: "GET", encoded: b"$3\r\nGET\r\n", words: 1, arity: 2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static GETBIT: CommandInfo = CommandInfo { name: "GETBIT", encoded: b"$6\r\nGETBIT\r\n", words: 1, arity: 3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static GETDEL: CommandInfo = CommandInfo { name: "GETDEL", encoded: b"$6\r\nGETDEL\r\n", words: 1, arity: 2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static GETEX: CommandInfo = CommandInfo { name: "GETEX", encoded: b"$5\r\nGETEX\r\n", words: 1, arity: -2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static GETRANGE: CommandInfo = CommandInfo { name: "GETRANGE", encoded: b"$8\r\nGETRANGE\r\n", words: 1, arity: 4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static GETSET: CommandInfo = CommandInfo { name: "GETSET", encoded: b"$6\r\nGETSET\r\n", words: 1, arity: 3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static HDEL: CommandInfo = CommandInfo { name: "HDEL", encoded: b"$4\r\nHDEL\r\n", words: 1, arity: -3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static HELLO: CommandInfo = CommandInfo { name: "HELLO", encoded: b"$5\r\nHELLO\r\n", words: 1, arity: -1, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CONNECTION), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static HEXISTS: CommandInfo = CommandInfo { name: "HEXISTS", encoded: b"$7\r\nHEXISTS\r\n", words: 1, arity: 3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static HEXPIRE: CommandInfo = CommandInfo { name: "HEXPIRE", encoded: b"$7\r\nHEXPIRE\r\n", words: 1, arity: -6, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static HEXPIREAT: CommandInfo = CommandInfo { name: "HEXPIREAT", encoded: b"$9\r\nHEXPIREAT\r\n", words: 1, arity: -6, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static HEXPIRETIME: CommandInfo = CommandInfo { name: "HEXPIRETIME", encoded: b"$11\r\nHEXPIRETIME\r\n", words: 1, arity: -5, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static HGET: CommandInfo = CommandInfo { name: "HGET", encoded: b"$4\r\nHGET\r\n", words: 1, arity: 3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static HGETALL: CommandInfo = CommandInfo { name: "HGETALL", encoded: b"$7\r\nHGETALL\r\n", words: 1, arity: 2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static HGETDEL: CommandInfo = CommandInfo { name: "HGETDEL", encoded: b"$7\r\nHGETDEL\r\n", words: 1, arity: -5, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static HGETEX: CommandInfo = CommandInfo { name: "HGETEX", encoded: b"$6\r\nHGETEX\r\n", words: 1, arity: -5, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static HINCRBY: CommandInfo = CommandInfo { name: "HINCRBY", encoded: b"$7\r\nHINCRBY\r\n", words: 1, arity: 4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static HINCRBYFLOAT: CommandInfo = CommandInfo { name: "HINCRBYFLOAT", encoded: b"$12\r\nHINCRBYFLOAT\r\n", words: 1, arity: 4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static HKEYS: CommandInfo = CommandInfo { name: "HKEYS", encoded: b"$5\r\nHKEYS\r\n", words: 1, arity: 2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static HLEN: CommandInfo = CommandInfo { name: "HLEN", encoded: b"$4\r\nHLEN\r\n", words: 1, arity: 2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static HMGET: CommandInfo = CommandInfo { name: "HMGET", encoded: b"$5\r\nHMGET\r\n", words: 1, arity: -3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static HMSET: CommandInfo = CommandInfo { name: "HMSET", encoded: b"$5\r\nHMSET\r\n", words: 1, arity: -4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static HPERSIST: CommandInfo = CommandInfo { name: "HPERSIST", encoded: b"$8\r\nHPERSIST\r\n", words: 1, arity: -5, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static HPEXPIRE: CommandInfo = CommandInfo { name: "HPEXPIRE", encoded: b"$8\r\nHPEXPIRE\r\n", words: 1, arity: -6, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static HPEXPIREAT: CommandInfo = CommandInfo { name: "HPEXPIREAT", encoded: b"$10\r\nHPEXPIREAT\r\n", words: 1, arity: -6, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static HPEXPIRETIME: CommandInfo = CommandInfo { name: "HPEXPIRETIME", encoded: b"$12\r\nHPEXPIRETIME\r\n", words: 1, arity: -5, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static HPTTL: CommandInfo = CommandInfo { name: "HPTTL", encoded: b"$5\r\nHPTTL\r\n", words: 1, arity: -5, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY).or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static HRANDFIELD: CommandInfo = CommandInfo { name: "HRANDFIELD", encoded: b"$10\r\nHRANDFIELD\r\n", words: 1, arity: -2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY).or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static HSCAN: CommandInfo = CommandInfo { name: "HSCAN", encoded: b"$5\r\nHSCAN\r\n", words: 1, arity: -3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY).or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static HSET: CommandInfo = CommandInfo { name: "HSET", encoded: b"$4\r\nHSET\r\n", words: 1, arity: -4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static HSETEX: CommandInfo = CommandInfo { name: "HSETEX", encoded: b"$6\r\nHSETEX\r\n", words: 1, arity: -6, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static HSETNX: CommandInfo = CommandInfo { name: "HSETNX", encoded: b"$6\r\nHSETNX\r\n", words: 1, arity: 4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static HSTRLEN: CommandInfo = CommandInfo { name: "HSTRLEN", encoded: b"$7\r\nHSTRLEN\r\n", words: 1, arity: 3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static HTTL: CommandInfo = CommandInfo { name: "HTTL", encoded: b"$4\r\nHTTL\r\n", words: 1, arity: -5, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY).or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static HVALS: CommandInfo = CommandInfo { name: "HVALS", encoded: b"$5\r\nHVALS\r\n", words: 1, arity: 2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static INCR: CommandInfo = CommandInfo { name: "INCR", encoded: b"$4\r\nINCR\r\n", words: 1, arity: 2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static INCRBY: CommandInfo = CommandInfo { name: "INCRBY", encoded: b"$6\r\nINCRBY\r\n", words: 1, arity: 3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static INCRBYFLOAT: CommandInfo = CommandInfo { name: "INCRBYFLOAT", encoded: b"$11\r\nINCRBYFLOAT\r\n", words: 1, arity: 3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static INFO: CommandInfo = CommandInfo { name: "INFO", encoded: b"$4\r\nINFO\r\n", words: 1, arity: -1, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CHANGING), request: RequestPolicy::AllShards, response: ResponsePolicy::Special };
    pub(crate) static KEYS: CommandInfo = CommandInfo { name: "KEYS", encoded: b"$4\r\nKEYS\r\n", words: 1, arity: 2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::AllShards, response: ResponsePolicy::Default };
    pub(crate) static LASTSAVE: CommandInfo = CommandInfo { name: "LASTSAVE", encoded: b"$8\r\nLASTSAVE\r\n", words: 1, arity: 1, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static LATENCY: CommandInfo = CommandInfo { name: "LATENCY", encoded: b"$7\r\nLATENCY\r\n", words: 1, arity: -2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static LATENCY_DOCTOR: CommandInfo = CommandInfo { name: "LATENCY DOCTOR", encoded: b"$7\r\nLATENCY\r\n$6\r\nDOCTOR\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CHANGING), request: RequestPolicy::AllNodes, response: ResponsePolicy::Special };
    pub(crate) static LATENCY_GRAPH: CommandInfo = CommandInfo { name: "LATENCY GRAPH", encoded: b"$7\r\nLATENCY\r\n$5\r\nGRAPH\r\n", words: 2, arity: 3, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CHANGING), request: RequestPolicy::AllNodes, response: ResponsePolicy::Special };
    pub(crate) static LATENCY_HELP: CommandInfo = CommandInfo { name: "LATENCY HELP", encoded: b"$7\r\nLATENCY\r\n$4\r\nHELP\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static LATENCY_HISTOGRAM: CommandInfo = CommandInfo { name: "LATENCY HISTOGRAM", encoded: b"$7\r\nLATENCY\r\n$9\r\nHISTOGRAM\r\n", words: 2, arity: -2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CHANGING), request: RequestPolicy::AllNodes, response: ResponsePolicy::Special };
    pub(crate) static LATENCY_HISTORY: CommandInfo = CommandInfo { name: "LATENCY HISTORY", encoded: b"$7\r\nLATENCY\r\n$7\r\nHISTORY\r\n", words: 2, arity: 3, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CHANGING), request: RequestPolicy::AllNodes, response: ResponsePolicy::Special };
    pub(crate) static LATENCY_LATEST: CommandInfo = CommandInfo { name: "LATENCY LATEST", encoded: b"$7\r\nLATENCY\r\n$6\r\nLATEST\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CHANGING), request: RequestPolicy::AllNodes, response: ResponsePolicy::Special };
    pub(crate) static LATENCY_RESET: CommandInfo = CommandInfo { name: "LATENCY RESET", encoded: b"$7\r\nLATENCY\r\n$5\r\nRESET\r\n", words: 2, arity: -2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::AllNodes, response: ResponsePolicy::Sum };
    pub(crate) static LCS: CommandInfo = CommandInfo { name: "LCS", encoded: b"$3\r\nLCS\r\n", words: 1, arity: -3, keys: range(1, 2, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static LINDEX: CommandInfo = CommandInfo { name: "LINDEX", encoded: b"$6\r\nLINDEX\r\n", words: 1, arity: 3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static LINSERT: CommandInfo = CommandInfo { name: "LINSERT", encoded: b"$7\r\nLINSERT\r\n", words: 1, arity: 5, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static LLEN: CommandInfo = CommandInfo { name: "LLEN", encoded: b"$4\r\nLLEN\r\n", words: 1, arity: 2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static LMOVE: CommandInfo = CommandInfo { name: "LMOVE", encoded: b"$5\r\nLMOVE\r\n", words: 1, arity: 5, keys: range(1, 2, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static LMPOP: CommandInfo = CommandInfo { name: "LMPOP", encoded: b"$5\r\nLMPOP\r\n", words: 1, arity: -4, keys: counted(1, 1, 0), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static LOLWUT: CommandInfo = CommandInfo { name: "LOLWUT", encoded: b"$6\r\nLOLWUT\r\n", words: 1, arity: -1, keys: KeySpec::None, flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static LPOP: CommandInfo = CommandInfo { name: "LPOP", encoded: b"$4\r\nLPOP\r\n", words: 1, arity: -2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static LPOS: CommandInfo = CommandInfo { name: "LPOS", encoded: b"$4\r\nLPOS\r\n", words: 1, arity: -3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static LPUSH: CommandInfo = CommandInfo { name: "LPUSH", encoded: b"$5\r\nLPUSH\r\n", words: 1, arity: -3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static LPUSHX: CommandInfo = CommandInfo { name: "LPUSHX", encoded: b"$6\r\nLPUSHX\r\n", words: 1, arity: -3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static LRANGE: CommandInfo = CommandInfo { name: "LRANGE", encoded: b"$6\r\nLRANGE\r\n", words: 1, arity: 4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static LREM: CommandInfo = CommandInfo { name: "LREM", encoded: b"$4\r\nLREM\r\n", words: 1, arity: 4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static LSET: CommandInfo = CommandInfo { name: "LSET", encoded: b"$4\r\nLSET\r\n", words: 1, arity: 4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static LTRIM: CommandInfo = CommandInfo { name: "LTRIM", encoded: b"$5\r\nLTRIM\r\n", words: 1, arity: 4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static MEMORY: CommandInfo = CommandInfo { name: "MEMORY", encoded: b"$6\r\nMEMORY\r\n", words: 1, arity: -2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static MEMORY_DOCTOR: CommandInfo = CommandInfo { name: "MEMORY DOCTOR", encoded: b"$6\r\nMEMORY\r\n$6\r\nDOCTOR\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CHANGING), request: RequestPolicy::AllShards, response: ResponsePolicy::Special };
    pub(crate) static MEMORY_HELP: CommandInfo = CommandInfo { name: "MEMORY HELP", encoded: b"$6\r\nMEMORY\r\n$4\r\nHELP\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static MEMORY_MALLOC_STATS: CommandInfo = CommandInfo { name: "MEMORY MALLOC-STATS", encoded: b"$6\r\nMEMORY\r\n$12\r\nMALLOC-STATS\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CHANGING), request: RequestPolicy::AllShards, response: ResponsePolicy::Special };
    pub(crate) static MEMORY_PURGE: CommandInfo = CommandInfo { name: "MEMORY PURGE", encoded: b"$6\r\nMEMORY\r\n$5\r\nPURGE\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::AllShards, response: ResponsePolicy::AllSucceeded };
    pub(crate) static MEMORY_STATS: CommandInfo = CommandInfo { name: "MEMORY STATS", encoded: b"$6\r\nMEMORY\r\n$5\r\nSTATS\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CHANGING), request: RequestPolicy::AllShards, response: ResponsePolicy::Special };
    pub(crate) static MEMORY_USAGE: CommandInfo = CommandInfo { name: "MEMORY USAGE", encoded: b"$6\r\nMEMORY\r\n$5\r\nUSAGE\r\n", words: 2, arity: -3, keys: range(2, 2, 1), flags: Flags::NONE.or(Flags::READONLY).or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static MGET: CommandInfo = CommandInfo { name: "MGET", encoded: b"$4\r\nMGET\r\n", words: 1, arity: -2, keys: range(1, -1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::MultiShard, response: ResponsePolicy::Default };
    pub(crate) static MIGRATE: CommandInfo = CommandInfo { name: "MIGRATE", encoded: b"$7\r\nMIGRATE\r\n", words: 1, arity: -6, keys: range(3, 3, 1), flags: Flags::NONE.or(Flags::WRITE).or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static MODULE: CommandInfo = CommandInfo { name: "MODULE", encoded: b"$6\r\nMODULE\r\n", words: 1, arity: -2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static MODULE_HELP: CommandInfo = CommandInfo { name: "MODULE HELP", encoded: b"$6\r\nMODULE\r\n$4\r\nHELP\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static MODULE_LIST: CommandInfo = CommandInfo { name: "MODULE LIST", encoded: b"$6\r\nMODULE\r\n$4\r\nLIST\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static MODULE_LOAD: CommandInfo = CommandInfo { name: "MODULE LOAD", encoded: b"$6\r\nMODULE\r\n$4\r\nLOAD\r\n", words: 2, arity: -3, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static MODULE_LOADEX: CommandInfo = CommandInfo { name: "MODULE LOADEX", encoded: b"$6\r\nMODULE\r\n$6\r\nLOADEX\r\n", words: 2, arity: -3, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static MODULE_UNLOAD: CommandInfo = CommandInfo { name: "MODULE UNLOAD", encoded: b"$6\r\nMODULE\r\n$6\r\nUNLOAD\r\n", words: 2, arity: 3, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static MONITOR: CommandInfo = CommandInfo { name: "MONITOR", encoded: b"$7\r\nMONITOR\r\n", words: 1, arity: 1, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CONNECTION), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static MOVE: CommandInfo = CommandInfo { name: "MOVE", encoded: b"$4\r\nMOVE\r\n", words: 1, arity: 3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static MSET: CommandInfo = CommandInfo { name: "MSET", encoded: b"$4\r\nMSET\r\n", words: 1, arity: -3, keys: range(1, -1, 2), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::MultiShard, response: ResponsePolicy::AllSucceeded };
    pub(crate) static MSETEX: CommandInfo = CommandInfo { name: "MSETEX", encoded: b"$6\r\nMSETEX\r\n", words: 1, arity: -4, keys: counted(1, 2, 0), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::MultiShard, response: ResponsePolicy::AllSucceeded };
    pub(crate) static MSETNX: CommandInfo = CommandInfo { name: "MSETNX", encoded: b"$6\r\nMSETNX\r\n", words: 1, arity: -3, keys: range(1, -1, 2), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static MULTI: CommandInfo = CommandInfo { name: "MULTI", encoded: b"$5\r\nMULTI\r\n", words: 1, arity: 1, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CONNECTION), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static OBJECT: CommandInfo = CommandInfo { name: "OBJECT", encoded: b"$6\r\nOBJECT\r\n", words: 1, arity: -2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static OBJECT_ENCODING: CommandInfo = CommandInfo { name: "OBJECT ENCODING", encoded: b"$6\r\nOBJECT\r\n$8\r\nENCODING\r\n", words: 2, arity: 3, keys: range(2, 2, 1), flags: Flags::NONE.or(Flags::READONLY).or(Flags::IDEMPOTENT).or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static OBJECT_FREQ: CommandInfo = CommandInfo { name: "OBJECT FREQ", encoded: b"$6\r\nOBJECT\r\n$4\r\nFREQ\r\n", words: 2, arity: 3, keys: range(2, 2, 1), flags: Flags::NONE.or(Flags::READONLY).or(Flags::IDEMPOTENT).or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static OBJECT_HELP: CommandInfo = CommandInfo { name: "OBJECT HELP", encoded: b"$6\r\nOBJECT\r\n$4\r\nHELP\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::IDEMPOTENT), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static OBJECT_IDLETIME: CommandInfo = CommandInfo { name: "OBJECT IDLETIME", encoded: b"$6\r\nOBJECT\r\n$8\r\nIDLETIME\r\n", words: 2, arity: 3, keys: range(2, 2, 1), flags: Flags::NONE.or(Flags::READONLY).or(Flags::IDEMPOTENT).or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static OBJECT_REFCOUNT: CommandInfo = CommandInfo { name: "OBJECT REFCOUNT", encoded: b"$6\r\nOBJECT\r\n$8\r\nREFCOUNT\r\n", words: 2, arity: 3, keys: range(2, 2, 1), flags: Flags::NONE.or(Flags::READONLY).or(Flags::IDEMPOTENT).or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static PERSIST: CommandInfo = CommandInfo { name: "PERSIST", encoded: b"$7\r\nPERSIST\r\n", words: 1, arity: 2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static PEXPIRE: CommandInfo = CommandInfo { name: "PEXPIRE", encoded: b"$7\r\nPEXPIRE\r\n", words: 1, arity: -3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static PEXPIREAT: CommandInfo = CommandInfo { name: "PEXPIREAT", encoded: b"$9\r\nPEXPIREAT\r\n", words: 1, arity: -3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static PEXPIRETIME: CommandInfo = CommandInfo { name: "PEXPIRETIME", encoded: b"$11\r\nPEXPIRETIME\r\n", words: 1, arity: 2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static PFADD: CommandInfo = CommandInfo { name: "PFADD", encoded: b"$5\r\nPFADD\r\n", words: 1, arity: -2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static PFCOUNT: CommandInfo = CommandInfo { name: "PFCOUNT", encoded: b"$7\r\nPFCOUNT\r\n", words: 1, arity: -2, keys: range(1, -1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static PFDEBUG: CommandInfo = CommandInfo { name: "PFDEBUG", encoded: b"$7\r\nPFDEBUG\r\n", words: 1, arity: 3, keys: range(2, 2, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static PFMERGE: CommandInfo = CommandInfo { name: "PFMERGE", encoded: b"$7\r\nPFMERGE\r\n", words: 1, arity: -2, keys: range(1, -1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static PFSELFTEST: CommandInfo = CommandInfo { name: "PFSELFTEST", encoded: b"$10\r\nPFSELFTEST\r\n", words: 1, arity: 1, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static PING: CommandInfo = CommandInfo { name: "PING", encoded: b"$4\r\nPING\r\n", words: 1, arity: -1, keys: KeySpec::None, flags: Flags::NONE.or(Flags::IDEMPOTENT), request: RequestPolicy::AllShards, response: ResponsePolicy::AllSucceeded };
    pub(crate) static PSETEX: CommandInfo = CommandInfo { name: "PSETEX", encoded: b"$6\r\nPSETEX\r\n", words: 1, arity: 4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static PSUBSCRIBE: CommandInfo = CommandInfo { name: "PSUBSCRIBE", encoded: b"$10\r\nPSUBSCRIBE\r\n", words: 1, arity: -2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CONNECTION), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static PSYNC: CommandInfo = CommandInfo { name: "PSYNC", encoded: b"$5\r\nPSYNC\r\n", words: 1, arity: -3, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CONNECTION), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static PTTL: CommandInfo = CommandInfo { name: "PTTL", encoded: b"$4\r\nPTTL\r\n", words: 1, arity: 2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY).or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static PUBLISH: CommandInfo = CommandInfo { name: "PUBLISH", encoded: b"$7\r\nPUBLISH\r\n", words: 1, arity: 3, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static PUBSUB: CommandInfo = CommandInfo { name: "PUBSUB", encoded: b"$6\r\nPUBSUB\r\n", words: 1, arity: -2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::IDEMPOTENT), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static PUBSUB_CHANNELS: CommandInfo = CommandInfo { name: "PUBSUB CHANNELS", encoded: b"$6\r\nPUBSUB\r\n$8\r\nCHANNELS\r\n", words: 2, arity: -2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::IDEMPOTENT), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static PUBSUB_HELP: CommandInfo = CommandInfo { name: "PUBSUB HELP", encoded: b"$6\r\nPUBSUB\r\n$4\r\nHELP\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::IDEMPOTENT), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static PUBSUB_NUMPAT: CommandInfo = CommandInfo { name: "PUBSUB NUMPAT", encoded: b"$6\r\nPUBSUB\r\n$6\r\nNUMPAT\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::IDEMPOTENT), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static PUBSUB_NUMSUB: CommandInfo = CommandInfo { name: "PUBSUB NUMSUB", encoded: b"$6\r\nPUBSUB\r\n$6\r\nNUMSUB\r\n", words: 2, arity: -2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::IDEMPOTENT), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static PUBSUB_SHARDCHANNELS: CommandInfo = CommandInfo { name: "PUBSUB SHARDCHANNELS", encoded: b"$6\r\nPUBSUB\r\n$13\r\nSHARDCHANNELS\r\n", words: 2, arity: -2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::IDEMPOTENT), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static PUBSUB_SHARDNUMSUB: CommandInfo = CommandInfo { name: "PUBSUB SHARDNUMSUB", encoded: b"$6\r\nPUBSUB\r\n$11\r\nSHARDNUMSUB\r\n", words: 2, arity: -2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::IDEMPOTENT), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static PUNSUBSCRIBE: CommandInfo = CommandInfo { name: "PUNSUBSCRIBE", encoded: b"$12\r\nPUNSUBSCRIBE\r\n", words: 1, arity: -1, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CONNECTION), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static QUIT: CommandInfo = CommandInfo { name: "QUIT", encoded: b"$4\r\nQUIT\r\n", words: 1, arity: -1, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CONNECTION), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static RANDOMKEY: CommandInfo = CommandInfo { name: "RANDOMKEY", encoded: b"$9\r\nRANDOMKEY\r\n", words: 1, arity: 1, keys: KeySpec::None, flags: Flags::NONE.or(Flags::READONLY).or(Flags::CHANGING), request: RequestPolicy::AllShards, response: ResponsePolicy::Special };
    pub(crate) static READONLY: CommandInfo = CommandInfo { name: "READONLY", encoded: b"$8\r\nREADONLY\r\n", words: 1, arity: 1, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CONNECTION), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static READWRITE: CommandInfo = CommandInfo { name: "READWRITE", encoded: b"$9\r\nREADWRITE\r\n", words: 1, arity: 1, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CONNECTION), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static RENAME: CommandInfo = CommandInfo { name: "RENAME", encoded: b"$6\r\nRENAME\r\n", words: 1, arity: 3, keys: range(1, 2, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static RENAMENX: CommandInfo = CommandInfo { name: "RENAMENX", encoded: b"$8\r\nRENAMENX\r\n", words: 1, arity: 3, keys: range(1, 2, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static REPLCONF: CommandInfo = CommandInfo { name: "REPLCONF", encoded: b"$8\r\nREPLCONF\r\n", words: 1, arity: -1, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CONNECTION), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static REPLICAOF: CommandInfo = CommandInfo { name: "REPLICAOF", encoded: b"$9\r\nREPLICAOF\r\n", words: 1, arity: 3, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static RESET: CommandInfo = CommandInfo { name: "RESET", encoded: b"$5\r\nRESET\r\n", words: 1, arity: 1, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CONNECTION), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static RESTORE: CommandInfo = CommandInfo { name: "RESTORE", encoded: b"$7\r\nRESTORE\r\n", words: 1, arity: -4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static RESTORE_ASKING: CommandInfo = CommandInfo { name: "RESTORE-ASKING", encoded: b"$14\r\nRESTORE-ASKING\r\n", words: 1, arity: -4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ROLE: CommandInfo = CommandInfo { name: "ROLE", encoded: b"$4\r\nROLE\r\n", words: 1, arity: 1, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static RPOP: CommandInfo = CommandInfo { name: "RPOP", encoded: b"$4\r\nRPOP\r\n", words: 1, arity: -2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static RPOPLPUSH: CommandInfo = CommandInfo { name: "RPOPLPUSH", encoded: b"$9\r\nRPOPLPUSH\r\n", words: 1, arity: 3, keys: range(1, 2, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static RPUSH: CommandInfo = CommandInfo { name: "RPUSH", encoded: b"$5\r\nRPUSH\r\n", words: 1, arity: -3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static RPUSHX: CommandInfo = CommandInfo { name: "RPUSHX", encoded: b"$6\r\nRPUSHX\r\n", words: 1, arity: -3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SADD: CommandInfo = CommandInfo { name: "SADD", encoded: b"$4\r\nSADD\r\n", words: 1, arity: -3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SAVE: CommandInfo = CommandInfo { name: "SAVE", encoded: b"$4\r\nSAVE\r\n", words: 1, arity: 1, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SCAN: CommandInfo = CommandInfo { name: "SCAN", encoded: b"$4\r\nSCAN\r\n", words: 1, arity: -2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::READONLY).or(Flags::CHANGING), request: RequestPolicy::Special, response: ResponsePolicy::Special };
    pub(crate) static SCARD: CommandInfo = CommandInfo { name: "SCARD", encoded: b"$5\r\nSCARD\r\n", words: 1, arity: 2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SCRIPT: CommandInfo = CommandInfo { name: "SCRIPT", encoded: b"$6\r\nSCRIPT\r\n", words: 1, arity: -2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SCRIPT_DEBUG: CommandInfo = CommandInfo { name: "SCRIPT DEBUG", encoded: b"$6\r\nSCRIPT\r\n$5\r\nDEBUG\r\n", words: 2, arity: -3, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SCRIPT_EXISTS: CommandInfo = CommandInfo { name: "SCRIPT EXISTS", encoded: b"$6\r\nSCRIPT\r\n$6\r\nEXISTS\r\n", words: 2, arity: -3, keys: KeySpec::None, flags: Flags::NONE.or(Flags::IDEMPOTENT), request: RequestPolicy::AllShards, response: ResponsePolicy::LogicalAnd };
    pub(crate) static SCRIPT_FLUSH: CommandInfo = CommandInfo { name: "SCRIPT FLUSH", encoded: b"$6\r\nSCRIPT\r\n$5\r\nFLUSH\r\n", words: 2, arity: -2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::AllNodes, response: ResponsePolicy::AllSucceeded };
    pub(crate) static SCRIPT_HELP: CommandInfo = CommandInfo { name: "SCRIPT HELP", encoded: b"$6\r\nSCRIPT\r\n$4\r\nHELP\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SCRIPT_KILL: CommandInfo = CommandInfo { name: "SCRIPT KILL", encoded: b"$6\r\nSCRIPT\r\n$4\r\nKILL\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::AllShards, response: ResponsePolicy::OneSucceeded };
    pub(crate) static SCRIPT_LOAD: CommandInfo = CommandInfo { name: "SCRIPT LOAD", encoded: b"$6\r\nSCRIPT\r\n$4\r\nLOAD\r\n", words: 2, arity: 3, keys: KeySpec::None, flags: Flags::NONE.or(Flags::IDEMPOTENT), request: RequestPolicy::AllNodes, response: ResponsePolicy::AllSucceeded };
    pub(crate) static SCRIPT_SHOW: CommandInfo = CommandInfo { name: "SCRIPT SHOW", encoded: b"$6\r\nSCRIPT\r\n$4\r\nSHOW\r\n", words: 2, arity: 3, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SDIFF: CommandInfo = CommandInfo { name: "SDIFF", encoded: b"$5\r\nSDIFF\r\n", words: 1, arity: -2, keys: range(1, -1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SDIFFSTORE: CommandInfo = CommandInfo { name: "SDIFFSTORE", encoded: b"$10\r\nSDIFFSTORE\r\n", words: 1, arity: -3, keys: range(1, -1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SELECT: CommandInfo = CommandInfo { name: "SELECT", encoded: b"$6\r\nSELECT\r\n", words: 1, arity: 2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CONNECTION), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SET: CommandInfo = CommandInfo { name: "SET", encoded: b"$3\r\nSET\r\n", words: 1, arity: -3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SETBIT: CommandInfo = CommandInfo { name: "SETBIT", encoded: b"$6\r\nSETBIT\r\n", words: 1, arity: 4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SETEX: CommandInfo = CommandInfo { name: "SETEX", encoded: b"$5\r\nSETEX\r\n", words: 1, arity: 4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SETNX: CommandInfo = CommandInfo { name: "SETNX", encoded: b"$5\r\nSETNX\r\n", words: 1, arity: 3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SETRANGE: CommandInfo = CommandInfo { name: "SETRANGE", encoded: b"$8\r\nSETRANGE\r\n", words: 1, arity: 4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SHUTDOWN: CommandInfo = CommandInfo { name: "SHUTDOWN", encoded: b"$8\r\nSHUTDOWN\r\n", words: 1, arity: -1, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SINTER: CommandInfo = CommandInfo { name: "SINTER", encoded: b"$6\r\nSINTER\r\n", words: 1, arity: -2, keys: range(1, -1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SINTERCARD: CommandInfo = CommandInfo { name: "SINTERCARD", encoded: b"$10\r\nSINTERCARD\r\n", words: 1, arity: -3, keys: counted(1, 1, 0), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SINTERSTORE: CommandInfo = CommandInfo { name: "SINTERSTORE", encoded: b"$11\r\nSINTERSTORE\r\n", words: 1, arity: -3, keys: range(1, -1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SISMEMBER: CommandInfo = CommandInfo { name: "SISMEMBER", encoded: b"$9\r\nSISMEMBER\r\n", words: 1, arity: 3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SLAVEOF: CommandInfo = CommandInfo { name: "SLAVEOF", encoded: b"$7\r\nSLAVEOF\r\n", words: 1, arity: 3, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SLOWLOG: CommandInfo = CommandInfo { name: "SLOWLOG", encoded: b"$7\r\nSLOWLOG\r\n", words: 1, arity: -2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SLOWLOG_GET: CommandInfo = CommandInfo { name: "SLOWLOG GET", encoded: b"$7\r\nSLOWLOG\r\n$3\r\nGET\r\n", words: 2, arity: -2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CHANGING), request: RequestPolicy::AllNodes, response: ResponsePolicy::Default };
    pub(crate) static SLOWLOG_HELP: CommandInfo = CommandInfo { name: "SLOWLOG HELP", encoded: b"$7\r\nSLOWLOG\r\n$4\r\nHELP\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SLOWLOG_LEN: CommandInfo = CommandInfo { name: "SLOWLOG LEN", encoded: b"$7\r\nSLOWLOG\r\n$3\r\nLEN\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CHANGING), request: RequestPolicy::AllNodes, response: ResponsePolicy::Sum };
    pub(crate) static SLOWLOG_RESET: CommandInfo = CommandInfo { name: "SLOWLOG RESET", encoded: b"$7\r\nSLOWLOG\r\n$5\r\nRESET\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::AllNodes, response: ResponsePolicy::AllSucceeded };
    pub(crate) static SMEMBERS: CommandInfo = CommandInfo { name: "SMEMBERS", encoded: b"$8\r\nSMEMBERS\r\n", words: 1, arity: 2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SMISMEMBER: CommandInfo = CommandInfo { name: "SMISMEMBER", encoded: b"$10\r\nSMISMEMBER\r\n", words: 1, arity: -3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SMOVE: CommandInfo = CommandInfo { name: "SMOVE", encoded: b"$5\r\nSMOVE\r\n", words: 1, arity: 4, keys: range(1, 2, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SORT: CommandInfo = CommandInfo { name: "SORT", encoded: b"$4\r\nSORT\r\n", words: 1, arity: -2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SORT_RO: CommandInfo = CommandInfo { name: "SORT_RO", encoded: b"$7\r\nSORT_RO\r\n", words: 1, arity: -2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SPOP: CommandInfo = CommandInfo { name: "SPOP", encoded: b"$4\r\nSPOP\r\n", words: 1, arity: -2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE).or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SPUBLISH: CommandInfo = CommandInfo { name: "SPUBLISH", encoded: b"$8\r\nSPUBLISH\r\n", words: 1, arity: 3, keys: range(1, 1, 1), flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SRANDMEMBER: CommandInfo = CommandInfo { name: "SRANDMEMBER", encoded: b"$11\r\nSRANDMEMBER\r\n", words: 1, arity: -2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY).or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SREM: CommandInfo = CommandInfo { name: "SREM", encoded: b"$4\r\nSREM\r\n", words: 1, arity: -3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SSCAN: CommandInfo = CommandInfo { name: "SSCAN", encoded: b"$5\r\nSSCAN\r\n", words: 1, arity: -3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY).or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SSUBSCRIBE: CommandInfo = CommandInfo { name: "SSUBSCRIBE", encoded: b"$10\r\nSSUBSCRIBE\r\n", words: 1, arity: -2, keys: range(1, -1, 1), flags: Flags::NONE.or(Flags::CONNECTION), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static STRLEN: CommandInfo = CommandInfo { name: "STRLEN", encoded: b"$6\r\nSTRLEN\r\n", words: 1, arity: 2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SUBSCRIBE: CommandInfo = CommandInfo { name: "SUBSCRIBE", encoded: b"$9\r\nSUBSCRIBE\r\n", words: 1, arity: -2, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CONNECTION), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SUBSTR: CommandInfo = CommandInfo { name: "SUBSTR", encoded: b"$6\r\nSUBSTR\r\n", words: 1, arity: 4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SUNION: CommandInfo = CommandInfo { name: "SUNION", encoded: b"$6\r\nSUNION\r\n", words: 1, arity: -2, keys: range(1, -1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SUNIONSTORE: CommandInfo = CommandInfo { name: "SUNIONSTORE", encoded: b"$11\r\nSUNIONSTORE\r\n", words: 1, arity: -3, keys: range(1, -1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SUNSUBSCRIBE: CommandInfo = CommandInfo { name: "SUNSUBSCRIBE", encoded: b"$12\r\nSUNSUBSCRIBE\r\n", words: 1, arity: -1, keys: range(1, -1, 1), flags: Flags::NONE.or(Flags::CONNECTION), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SWAPDB: CommandInfo = CommandInfo { name: "SWAPDB", encoded: b"$6\r\nSWAPDB\r\n", words: 1, arity: 3, keys: KeySpec::None, flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static SYNC: CommandInfo = CommandInfo { name: "SYNC", encoded: b"$4\r\nSYNC\r\n", words: 1, arity: 1, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CONNECTION), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static TIME: CommandInfo = CommandInfo { name: "TIME", encoded: b"$4\r\nTIME\r\n", words: 1, arity: 1, keys: KeySpec::None, flags: Flags::NONE.or(Flags::IDEMPOTENT).or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static TOUCH: CommandInfo = CommandInfo { name: "TOUCH", encoded: b"$5\r\nTOUCH\r\n", words: 1, arity: -2, keys: range(1, -1, 1), flags: Flags::NONE.or(Flags::READONLY).or(Flags::CHANGING), request: RequestPolicy::MultiShard, response: ResponsePolicy::Sum };
    pub(crate) static TTL: CommandInfo = CommandInfo { name: "TTL", encoded: b"$3\r\nTTL\r\n", words: 1, arity: 2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY).or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static TYPE: CommandInfo = CommandInfo { name: "TYPE", encoded: b"$4\r\nTYPE\r\n", words: 1, arity: 2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static UNLINK: CommandInfo = CommandInfo { name: "UNLINK", encoded: b"$6\r\nUNLINK\r\n", words: 1, arity: -2, keys: range(1, -1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::MultiShard, response: ResponsePolicy::Sum };
    pub(crate) static UNSUBSCRIBE: CommandInfo = CommandInfo { name: "UNSUBSCRIBE", encoded: b"$11\r\nUNSUBSCRIBE\r\n", words: 1, arity: -1, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CONNECTION), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static UNWATCH: CommandInfo = CommandInfo { name: "UNWATCH", encoded: b"$7\r\nUNWATCH\r\n", words: 1, arity: 1, keys: KeySpec::None, flags: Flags::NONE.or(Flags::CONNECTION), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static WAIT: CommandInfo = CommandInfo { name: "WAIT", encoded: b"$4\r\nWAIT\r\n", words: 1, arity: 3, keys: KeySpec::None, flags: Flags::NONE.or(Flags::BLOCKING), request: RequestPolicy::AllShards, response: ResponsePolicy::Min };
    pub(crate) static WAITAOF: CommandInfo = CommandInfo { name: "WAITAOF", encoded: b"$7\r\nWAITAOF\r\n", words: 1, arity: 4, keys: KeySpec::None, flags: Flags::NONE.or(Flags::BLOCKING), request: RequestPolicy::AllShards, response: ResponsePolicy::Min };
    pub(crate) static WATCH: CommandInfo = CommandInfo { name: "WATCH", encoded: b"$5\r\nWATCH\r\n", words: 1, arity: -2, keys: range(1, -1, 1), flags: Flags::NONE.or(Flags::CONNECTION), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static XACK: CommandInfo = CommandInfo { name: "XACK", encoded: b"$4\r\nXACK\r\n", words: 1, arity: -4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static XADD: CommandInfo = CommandInfo { name: "XADD", encoded: b"$4\r\nXADD\r\n", words: 1, arity: -5, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE).or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static XAUTOCLAIM: CommandInfo = CommandInfo { name: "XAUTOCLAIM", encoded: b"$10\r\nXAUTOCLAIM\r\n", words: 1, arity: -6, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE).or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static XCLAIM: CommandInfo = CommandInfo { name: "XCLAIM", encoded: b"$6\r\nXCLAIM\r\n", words: 1, arity: -6, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE).or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static XDEL: CommandInfo = CommandInfo { name: "XDEL", encoded: b"$4\r\nXDEL\r\n", words: 1, arity: -3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static XGROUP: CommandInfo = CommandInfo { name: "XGROUP", encoded: b"$6\r\nXGROUP\r\n", words: 1, arity: -2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static XGROUP_CREATE: CommandInfo = CommandInfo { name: "XGROUP CREATE", encoded: b"$6\r\nXGROUP\r\n$6\r\nCREATE\r\n", words: 2, arity: -5, keys: range(2, 2, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static XGROUP_CREATECONSUMER: CommandInfo = CommandInfo { name: "XGROUP CREATECONSUMER", encoded: b"$6\r\nXGROUP\r\n$14\r\nCREATECONSUMER\r\n", words: 2, arity: 5, keys: range(2, 2, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static XGROUP_DELCONSUMER: CommandInfo = CommandInfo { name: "XGROUP DELCONSUMER", encoded: b"$6\r\nXGROUP\r\n$11\r\nDELCONSUMER\r\n", words: 2, arity: 5, keys: range(2, 2, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static XGROUP_DESTROY: CommandInfo = CommandInfo { name: "XGROUP DESTROY", encoded: b"$6\r\nXGROUP\r\n$7\r\nDESTROY\r\n", words: 2, arity: 4, keys: range(2, 2, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static XGROUP_HELP: CommandInfo = CommandInfo { name: "XGROUP HELP", encoded: b"$6\r\nXGROUP\r\n$4\r\nHELP\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static XGROUP_SETID: CommandInfo = CommandInfo { name: "XGROUP SETID", encoded: b"$6\r\nXGROUP\r\n$5\r\nSETID\r\n", words: 2, arity: -5, keys: range(2, 2, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static XINFO: CommandInfo = CommandInfo { name: "XINFO", encoded: b"$5\r\nXINFO\r\n", words: 1, arity: -2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static XINFO_CONSUMERS: CommandInfo = CommandInfo { name: "XINFO CONSUMERS", encoded: b"$5\r\nXINFO\r\n$9\r\nCONSUMERS\r\n", words: 2, arity: 4, keys: range(2, 2, 1), flags: Flags::NONE.or(Flags::READONLY).or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static XINFO_GROUPS: CommandInfo = CommandInfo { name: "XINFO GROUPS", encoded: b"$5\r\nXINFO\r\n$6\r\nGROUPS\r\n", words: 2, arity: 3, keys: range(2, 2, 1), flags: Flags::NONE.or(Flags::READONLY).or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static XINFO_HELP: CommandInfo = CommandInfo { name: "XINFO HELP", encoded: b"$5\r\nXINFO\r\n$4\r\nHELP\r\n", words: 2, arity: 2, keys: KeySpec::None, flags: Flags::NONE, request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static XINFO_STREAM: CommandInfo = CommandInfo { name: "XINFO STREAM", encoded: b"$5\r\nXINFO\r\n$6\r\nSTREAM\r\n", words: 2, arity: -3, keys: range(2, 2, 1), flags: Flags::NONE.or(Flags::READONLY).or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static XLEN: CommandInfo = CommandInfo { name: "XLEN", encoded: b"$4\r\nXLEN\r\n", words: 1, arity: 2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static XPENDING: CommandInfo = CommandInfo { name: "XPENDING", encoded: b"$8\r\nXPENDING\r\n", words: 1, arity: -3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY).or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static XRANGE: CommandInfo = CommandInfo { name: "XRANGE", encoded: b"$6\r\nXRANGE\r\n", words: 1, arity: -4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static XREAD: CommandInfo = CommandInfo { name: "XREAD", encoded: b"$5\r\nXREAD\r\n", words: 1, arity: -4, keys: KeySpec::Streams, flags: Flags::NONE.or(Flags::READONLY).or(Flags::BLOCKING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static XREADGROUP: CommandInfo = CommandInfo { name: "XREADGROUP", encoded: b"$10\r\nXREADGROUP\r\n", words: 1, arity: -7, keys: KeySpec::Streams, flags: Flags::NONE.or(Flags::WRITE).or(Flags::BLOCKING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static XREVRANGE: CommandInfo = CommandInfo { name: "XREVRANGE", encoded: b"$9\r\nXREVRANGE\r\n", words: 1, arity: -4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static XSETID: CommandInfo = CommandInfo { name: "XSETID", encoded: b"$6\r\nXSETID\r\n", words: 1, arity: -3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static XTRIM: CommandInfo = CommandInfo { name: "XTRIM", encoded: b"$5\r\nXTRIM\r\n", words: 1, arity: -4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE).or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZADD: CommandInfo = CommandInfo { name: "ZADD", encoded: b"$4\r\nZADD\r\n", words: 1, arity: -4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZCARD: CommandInfo = CommandInfo { name: "ZCARD", encoded: b"$5\r\nZCARD\r\n", words: 1, arity: 2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZCOUNT: CommandInfo = CommandInfo { name: "ZCOUNT", encoded: b"$6\r\nZCOUNT\r\n", words: 1, arity: 4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZDIFF: CommandInfo = CommandInfo { name: "ZDIFF", encoded: b"$5\r\nZDIFF\r\n", words: 1, arity: -3, keys: counted(1, 1, 0), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZDIFFSTORE: CommandInfo = CommandInfo { name: "ZDIFFSTORE", encoded: b"$10\r\nZDIFFSTORE\r\n", words: 1, arity: -4, keys: counted(2, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZINCRBY: CommandInfo = CommandInfo { name: "ZINCRBY", encoded: b"$7\r\nZINCRBY\r\n", words: 1, arity: 4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZINTER: CommandInfo = CommandInfo { name: "ZINTER", encoded: b"$6\r\nZINTER\r\n", words: 1, arity: -3, keys: counted(1, 1, 0), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZINTERCARD: CommandInfo = CommandInfo { name: "ZINTERCARD", encoded: b"$10\r\nZINTERCARD\r\n", words: 1, arity: -3, keys: counted(1, 1, 0), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZINTERSTORE: CommandInfo = CommandInfo { name: "ZINTERSTORE", encoded: b"$11\r\nZINTERSTORE\r\n", words: 1, arity: -4, keys: counted(2, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZLEXCOUNT: CommandInfo = CommandInfo { name: "ZLEXCOUNT", encoded: b"$9\r\nZLEXCOUNT\r\n", words: 1, arity: 4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZMPOP: CommandInfo = CommandInfo { name: "ZMPOP", encoded: b"$5\r\nZMPOP\r\n", words: 1, arity: -4, keys: counted(1, 1, 0), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZMSCORE: CommandInfo = CommandInfo { name: "ZMSCORE", encoded: b"$7\r\nZMSCORE\r\n", words: 1, arity: -3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZPOPMAX: CommandInfo = CommandInfo { name: "ZPOPMAX", encoded: b"$7\r\nZPOPMAX\r\n", words: 1, arity: -2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZPOPMIN: CommandInfo = CommandInfo { name: "ZPOPMIN", encoded: b"$7\r\nZPOPMIN\r\n", words: 1, arity: -2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZRANDMEMBER: CommandInfo = CommandInfo { name: "ZRANDMEMBER", encoded: b"$11\r\nZRANDMEMBER\r\n", words: 1, arity: -2, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY).or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZRANGE: CommandInfo = CommandInfo { name: "ZRANGE", encoded: b"$6\r\nZRANGE\r\n", words: 1, arity: -4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZRANGEBYLEX: CommandInfo = CommandInfo { name: "ZRANGEBYLEX", encoded: b"$11\r\nZRANGEBYLEX\r\n", words: 1, arity: -4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZRANGEBYSCORE: CommandInfo = CommandInfo { name: "ZRANGEBYSCORE", encoded: b"$13\r\nZRANGEBYSCORE\r\n", words: 1, arity: -4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZRANGESTORE: CommandInfo = CommandInfo { name: "ZRANGESTORE", encoded: b"$11\r\nZRANGESTORE\r\n", words: 1, arity: -5, keys: range(1, 2, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZRANK: CommandInfo = CommandInfo { name: "ZRANK", encoded: b"$5\r\nZRANK\r\n", words: 1, arity: -3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZREM: CommandInfo = CommandInfo { name: "ZREM", encoded: b"$4\r\nZREM\r\n", words: 1, arity: -3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZREMRANGEBYLEX: CommandInfo = CommandInfo { name: "ZREMRANGEBYLEX", encoded: b"$14\r\nZREMRANGEBYLEX\r\n", words: 1, arity: 4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZREMRANGEBYRANK: CommandInfo = CommandInfo { name: "ZREMRANGEBYRANK", encoded: b"$15\r\nZREMRANGEBYRANK\r\n", words: 1, arity: 4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZREMRANGEBYSCORE: CommandInfo = CommandInfo { name: "ZREMRANGEBYSCORE", encoded: b"$16\r\nZREMRANGEBYSCORE\r\n", words: 1, arity: 4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZREVRANGE: CommandInfo = CommandInfo { name: "ZREVRANGE", encoded: b"$9\r\nZREVRANGE\r\n", words: 1, arity: -4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZREVRANGEBYLEX: CommandInfo = CommandInfo { name: "ZREVRANGEBYLEX", encoded: b"$14\r\nZREVRANGEBYLEX\r\n", words: 1, arity: -4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZREVRANGEBYSCORE: CommandInfo = CommandInfo { name: "ZREVRANGEBYSCORE", encoded: b"$16\r\nZREVRANGEBYSCORE\r\n", words: 1, arity: -4, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZREVRANK: CommandInfo = CommandInfo { name: "ZREVRANK", encoded: b"$8\r\nZREVRANK\r\n", words: 1, arity: -3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZSCAN: CommandInfo = CommandInfo { name: "ZSCAN", encoded: b"$5\r\nZSCAN\r\n", words: 1, arity: -3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY).or(Flags::CHANGING), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZSCORE: CommandInfo = CommandInfo { name: "ZSCORE", encoded: b"$6\r\nZSCORE\r\n", words: 1, arity: 3, keys: range(1, 1, 1), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZUNION: CommandInfo = CommandInfo { name: "ZUNION", encoded: b"$6\r\nZUNION\r\n", words: 1, arity: -3, keys: counted(1, 1, 0), flags: Flags::NONE.or(Flags::READONLY), request: RequestPolicy::One, response: ResponsePolicy::Default };
    pub(crate) static ZUNIONSTORE: CommandInfo = CommandInfo { name: "ZUNIONSTORE", encoded: b"$11\r\nZUNIONSTORE\r\n", words: 1, arity: -4, keys: counted(2, 1, 1), flags: Flags::NONE.or(Flags::WRITE), request: RequestPolicy::One, response: ResponsePolicy::Default };
}

/// All commands, sorted by name.
#[rustfmt::skip]
pub(super) static TABLE: &[&CommandInfo] = &[
    &commands::ACL,
    &commands::ACL_CAT,
    &commands::ACL_DELUSER,
    &commands::ACL_DRYRUN,
    &commands::ACL_GENPASS,
    &commands::ACL_GETUSER,
    &commands::ACL_HELP,
    &commands::ACL_LIST,
    &commands::ACL_LOAD,
    &commands::ACL_LOG,
    &commands::ACL_SAVE,
    &commands::ACL_SETUSER,
    &commands::ACL_USERS,
    &commands::ACL_WHOAMI,
    &commands::APPEND,
    &commands::ASKING,
    &commands::AUTH,
    &commands::BGREWRITEAOF,
    &commands::BGSAVE,
    &commands::BITCOUNT,
    &commands::BITFIELD,
    &commands::BITFIELD_RO,
    &commands::BITOP,
    &commands::BITPOS,
    &commands::BLMOVE,
    &commands::BLMPOP,
    &commands::BLPOP,
    &commands::BRPOP,
    &commands::BRPOPLPUSH,
    &commands::BZMPOP,
    &commands::BZPOPMAX,
    &commands::BZPOPMIN,
    &commands::CLIENT,
    &commands::CLIENT_CACHING,
    &commands::CLIENT_CAPA,
    &commands::CLIENT_GETNAME,
    &commands::CLIENT_GETREDIR,
    &commands::CLIENT_HELP,
    &commands::CLIENT_ID,
    &commands::CLIENT_IMPORT_SOURCE,
    &commands::CLIENT_INFO,
    &commands::CLIENT_KILL,
    &commands::CLIENT_LIST,
    &commands::CLIENT_NO_EVICT,
    &commands::CLIENT_NO_TOUCH,
    &commands::CLIENT_PAUSE,
    &commands::CLIENT_REPLY,
    &commands::CLIENT_SETINFO,
    &commands::CLIENT_SETNAME,
    &commands::CLIENT_TRACKING,
    &commands::CLIENT_TRACKINGINFO,
    &commands::CLIENT_UNBLOCK,
    &commands::CLIENT_UNPAUSE,
    &commands::CLUSTER,
    &commands::CLUSTER_ADDSLOTS,
    &commands::CLUSTER_ADDSLOTSRANGE,
    &commands::CLUSTER_BUMPEPOCH,
    &commands::CLUSTER_CANCELSLOTMIGRATIONS,
    &commands::CLUSTER_COUNT_FAILURE_REPORTS,
    &commands::CLUSTER_COUNTKEYSINSLOT,
    &commands::CLUSTER_DELSLOTS,
    &commands::CLUSTER_DELSLOTSRANGE,
    &commands::CLUSTER_FAILOVER,
    &commands::CLUSTER_FLUSHSLOT,
    &commands::CLUSTER_FLUSHSLOTS,
    &commands::CLUSTER_FORGET,
    &commands::CLUSTER_GETKEYSINSLOT,
    &commands::CLUSTER_GETSLOTMIGRATIONS,
    &commands::CLUSTER_HELP,
    &commands::CLUSTER_INFO,
    &commands::CLUSTER_KEYSLOT,
    &commands::CLUSTER_LINKS,
    &commands::CLUSTER_MEET,
    &commands::CLUSTER_MIGRATESLOTS,
    &commands::CLUSTER_MYID,
    &commands::CLUSTER_MYSHARDID,
    &commands::CLUSTER_NODES,
    &commands::CLUSTER_REPLICAS,
    &commands::CLUSTER_REPLICATE,
    &commands::CLUSTER_RESET,
    &commands::CLUSTER_SAVECONFIG,
    &commands::CLUSTER_SET_CONFIG_EPOCH,
    &commands::CLUSTER_SETSLOT,
    &commands::CLUSTER_SHARDS,
    &commands::CLUSTER_SLAVES,
    &commands::CLUSTER_SLOT_STATS,
    &commands::CLUSTER_SLOTS,
    &commands::CLUSTER_SYNCSLOTS,
    &commands::CLUSTERSCAN,
    &commands::COMMAND,
    &commands::COMMAND_COUNT,
    &commands::COMMAND_DOCS,
    &commands::COMMAND_GETKEYS,
    &commands::COMMAND_GETKEYSANDFLAGS,
    &commands::COMMAND_HELP,
    &commands::COMMAND_INFO,
    &commands::COMMAND_LIST,
    &commands::COMMANDLOG,
    &commands::COMMANDLOG_GET,
    &commands::COMMANDLOG_HELP,
    &commands::COMMANDLOG_LEN,
    &commands::COMMANDLOG_RESET,
    &commands::CONFIG,
    &commands::CONFIG_GET,
    &commands::CONFIG_HELP,
    &commands::CONFIG_RESETSTAT,
    &commands::CONFIG_REWRITE,
    &commands::CONFIG_SET,
    &commands::COPY,
    &commands::DBSIZE,
    &commands::DEBUG,
    &commands::DECR,
    &commands::DECRBY,
    &commands::DEL,
    &commands::DELIFEQ,
    &commands::DISCARD,
    &commands::DUMP,
    &commands::ECHO,
    &commands::EVAL,
    &commands::EVALSHA,
    &commands::EVALSHA_RO,
    &commands::EVAL_RO,
    &commands::EXEC,
    &commands::EXISTS,
    &commands::EXPIRE,
    &commands::EXPIREAT,
    &commands::EXPIRETIME,
    &commands::FAILOVER,
    &commands::FCALL,
    &commands::FCALL_RO,
    &commands::FLUSHALL,
    &commands::FLUSHDB,
    &commands::FUNCTION,
    &commands::FUNCTION_DELETE,
    &commands::FUNCTION_DUMP,
    &commands::FUNCTION_FLUSH,
    &commands::FUNCTION_HELP,
    &commands::FUNCTION_KILL,
    &commands::FUNCTION_LIST,
    &commands::FUNCTION_LOAD,
    &commands::FUNCTION_RESTORE,
    &commands::FUNCTION_STATS,
    &commands::GEOADD,
    &commands::GEODIST,
    &commands::GEOHASH,
    &commands::GEOPOS,
    &commands::GEORADIUS,
    &commands::GEORADIUSBYMEMBER,
    &commands::GEORADIUSBYMEMBER_RO,
    &commands::GEORADIUS_RO,
    &commands::GEOSEARCH,
    &commands::GEOSEARCHSTORE,
    &commands::GET,
    &commands::GETBIT,
    &commands::GETDEL,
    &commands::GETEX,
    &commands::GETRANGE,
    &commands::GETSET,
    &commands::HDEL,
    &commands::HELLO,
    &commands::HEXISTS,
    &commands::HEXPIRE,
    &commands::HEXPIREAT,
    &commands::HEXPIRETIME,
    &commands::HGET,
    &commands::HGETALL,
    &commands::HGETDEL,
    &commands::HGETEX,
    &commands::HINCRBY,
    &commands::HINCRBYFLOAT,
    &commands::HKEYS,
    &commands::HLEN,
    &commands::HMGET,
    &commands::HMSET,
    &commands::HPERSIST,
    &commands::HPEXPIRE,
    &commands::HPEXPIREAT,
    &commands::HPEXPIRETIME,
    &commands::HPTTL,
    &commands::HRANDFIELD,
    &commands::HSCAN,
    &commands::HSET,
    &commands::HSETEX,
    &commands::HSETNX,
    &commands::HSTRLEN,
    &commands::HTTL,
    &commands::HVALS,
    &commands::INCR,
    &commands::INCRBY,
    &commands::INCRBYFLOAT,
    &commands::INFO,
    &commands::KEYS,
    &commands::LASTSAVE,
    &commands::LATENCY,
    &commands::LATENCY_DOCTOR,
    &commands::LATENCY_GRAPH,
    &commands::LATENCY_HELP,
    &commands::LATENCY_HISTOGRAM,
    &commands::LATENCY_HISTORY,
    &commands::LATENCY_LATEST,
    &commands::LATENCY_RESET,
    &commands::LCS,
    &commands::LINDEX,
    &commands::LINSERT,
    &commands::LLEN,
    &commands::LMOVE,
    &commands::LMPOP,
    &commands::LOLWUT,
    &commands::LPOP,
    &commands::LPOS,
    &commands::LPUSH,
    &commands::LPUSHX,
    &commands::LRANGE,
    &commands::LREM,
    &commands::LSET,
    &commands::LTRIM,
    &commands::MEMORY,
    &commands::MEMORY_DOCTOR,
    &commands::MEMORY_HELP,
    &commands::MEMORY_MALLOC_STATS,
    &commands::MEMORY_PURGE,
    &commands::MEMORY_STATS,
    &commands::MEMORY_USAGE,
    &commands::MGET,
    &commands::MIGRATE,
    &commands::MODULE,
    &commands::MODULE_HELP,
    &commands::MODULE_LIST,
    &commands::MODULE_LOAD,
    &commands::MODULE_LOADEX,
    &commands::MODULE_UNLOAD,
    &commands::MONITOR,
    &commands::MOVE,
    &commands::MSET,
    &commands::MSETEX,
    &commands::MSETNX,
    &commands::MULTI,
    &commands::OBJECT,
    &commands::OBJECT_ENCODING,
    &commands::OBJECT_FREQ,
    &commands::OBJECT_HELP,
    &commands::OBJECT_IDLETIME,
    &commands::OBJECT_REFCOUNT,
    &commands::PERSIST,
    &commands::PEXPIRE,
    &commands::PEXPIREAT,
    &commands::PEXPIRETIME,
    &commands::PFADD,
    &commands::PFCOUNT,
    &commands::PFDEBUG,
    &commands::PFMERGE,
    &commands::PFSELFTEST,
    &commands::PING,
    &commands::PSETEX,
    &commands::PSUBSCRIBE,
    &commands::PSYNC,
    &commands::PTTL,
    &commands::PUBLISH,
    &commands::PUBSUB,
    &commands::PUBSUB_CHANNELS,
    &commands::PUBSUB_HELP,
    &commands::PUBSUB_NUMPAT,
    &commands::PUBSUB_NUMSUB,
    &commands::PUBSUB_SHARDCHANNELS,
    &commands::PUBSUB_SHARDNUMSUB,
    &commands::PUNSUBSCRIBE,
    &commands::QUIT,
    &commands::RANDOMKEY,
    &commands::READONLY,
    &commands::READWRITE,
    &commands::RENAME,
    &commands::RENAMENX,
    &commands::REPLCONF,
    &commands::REPLICAOF,
    &commands::RESET,
    &commands::RESTORE,
    &commands::RESTORE_ASKING,
    &commands::ROLE,
    &commands::RPOP,
    &commands::RPOPLPUSH,
    &commands::RPUSH,
    &commands::RPUSHX,
    &commands::SADD,
    &commands::SAVE,
    &commands::SCAN,
    &commands::SCARD,
    &commands::SCRIPT,
    &commands::SCRIPT_DEBUG,
    &commands::SCRIPT_EXISTS,
    &commands::SCRIPT_FLUSH,
    &commands::SCRIPT_HELP,
    &commands::SCRIPT_KILL,
    &commands::SCRIPT_LOAD,
    &commands::SCRIPT_SHOW,
    &commands::SDIFF,
    &commands::SDIFFSTORE,
    &commands::SELECT,
    &commands::SET,
    &commands::SETBIT,
    &commands::SETEX,
    &commands::SETNX,
    &commands::SETRANGE,
    &commands::SHUTDOWN,
    &commands::SINTER,
    &commands::SINTERCARD,
    &commands::SINTERSTORE,
    &commands::SISMEMBER,
    &commands::SLAVEOF,
    &commands::SLOWLOG,
    &commands::SLOWLOG_GET,
    &commands::SLOWLOG_HELP,
    &commands::SLOWLOG_LEN,
    &commands::SLOWLOG_RESET,
    &commands::SMEMBERS,
    &commands::SMISMEMBER,
    &commands::SMOVE,
    &commands::SORT,
    &commands::SORT_RO,
    &commands::SPOP,
    &commands::SPUBLISH,
    &commands::SRANDMEMBER,
    &commands::SREM,
    &commands::SSCAN,
    &commands::SSUBSCRIBE,
    &commands::STRLEN,
    &commands::SUBSCRIBE,
    &commands::SUBSTR,
    &commands::SUNION,
    &commands::SUNIONSTORE,
    &commands::SUNSUBSCRIBE,
    &commands::SWAPDB,
    &commands::SYNC,
    &commands::TIME,
    &commands::TOUCH,
    &commands::TTL,
    &commands::TYPE,
    &commands::UNLINK,
    &commands::UNSUBSCRIBE,
    &commands::UNWATCH,
    &commands::WAIT,
    &commands::WAITAOF,
    &commands::WATCH,
    &commands::XACK,
    &commands::XADD,
    &commands::XAUTOCLAIM,
    &commands::XCLAIM,
    &commands::XDEL,
    &commands::XGROUP,
    &commands::XGROUP_CREATE,
    &commands::XGROUP_CREATECONSUMER,
    &commands::XGROUP_DELCONSUMER,
    &commands::XGROUP_DESTROY,
    &commands::XGROUP_HELP,
    &commands::XGROUP_SETID,
    &commands::XINFO,
    &commands::XINFO_CONSUMERS,
    &commands::XINFO_GROUPS,
    &commands::XINFO_HELP,
    &commands::XINFO_STREAM,
    &commands::XLEN,
    &commands::XPENDING,
    &commands::XRANGE,
    &commands::XREAD,
    &commands::XREADGROUP,
    &commands::XREVRANGE,
    &commands::XSETID,
    &commands::XTRIM,
    &commands::ZADD,
    &commands::ZCARD,
    &commands::ZCOUNT,
    &commands::ZDIFF,
    &commands::ZDIFFSTORE,
    &commands::ZINCRBY,
    &commands::ZINTER,
    &commands::ZINTERCARD,
    &commands::ZINTERSTORE,
    &commands::ZLEXCOUNT,
    &commands::ZMPOP,
    &commands::ZMSCORE,
    &commands::ZPOPMAX,
    &commands::ZPOPMIN,
    &commands::ZRANDMEMBER,
    &commands::ZRANGE,
    &commands::ZRANGEBYLEX,
    &commands::ZRANGEBYSCORE,
    &commands::ZRANGESTORE,
    &commands::ZRANK,
    &commands::ZREM,
    &commands::ZREMRANGEBYLEX,
    &commands::ZREMRANGEBYRANK,
    &commands::ZREMRANGEBYSCORE,
    &commands::ZREVRANGE,
    &commands::ZREVRANGEBYLEX,
    &commands::ZREVRANGEBYSCORE,
    &commands::ZREVRANK,
    &commands::ZSCAN,
    &commands::ZSCORE,
    &commands::ZUNION,
    &commands::ZUNIONSTORE,
];
