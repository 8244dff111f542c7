//! Places on earth.
//!
//! Written out by `tests/table.rs` from `data/typed.txt`; do not edit.

use bytes::Bytes;

use super::commands;

commands! {
    /// `GEOADD`: adds places, given as longitude, latitude and name; returns how many are new.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.geoadd("g", [(13.361389, 38.115556, "Palermo")]).await?, 1);
    /// # Ok(()) });
    /// ```
    GEOADD geoadd(key: key, places: triples) -> u64;
    /// `GEOPOS`: longitude and latitude of places.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.geopos("g", ["Palermo"]).await?, [None]);
    /// # Ok(()) });
    /// ```
    GEOPOS geopos(key: key, members: args) -> Vec<Option<(f64, f64)>>;
    /// `GEODIST`: the distance of two places in a unit: `m`, `km`, `mi`, `ft`.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.geodist("g", "a", "b", "km").await?, None);
    /// # Ok(()) });
    /// ```
    GEODIST geodist(key: key, from: arg, to: arg, unit: arg) -> Option<f64>;
    /// `GEOHASH`: the geohashes of places.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert_eq!(client.geohash("g", ["a"]).await?, [None]);
    /// # Ok(()) });
    /// ```
    GEOHASH geohash(key: key, members: args) -> Vec<Option<String>>;
    /// `GEOSEARCH`: places in an area, as its words say.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.geoadd("g", [(13.361389, 38.115556, "Palermo")]).await?;
    /// let near = ["FROMLONLAT", "13", "38", "BYRADIUS", "100", "km", "ASC"];
    /// assert_eq!(client.geosearch("g", near).await?, ["Palermo"]);
    /// # Ok(()) });
    /// ```
    GEOSEARCH geosearch(key: key, query: args) -> Vec<Bytes>;
    /// `GEOSEARCHSTORE`: stores places in an area; returns how many.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// let near = ["FROMLONLAT", "13", "38", "BYRADIUS", "100", "km"];
    /// assert_eq!(client.geosearchstore("{g}2", "{g}1", near).await?, 0);
    /// # Ok(()) });
    /// ```
    GEOSEARCHSTORE geosearchstore(to: key, key: key, query: args) -> u64;
    /// `GEORADIUS`: places around a point; GEOSEARCH is newer.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.georadius("g", 13, 38, 100, "km").await?.is_empty());
    /// # Ok(()) });
    /// ```
    GEORADIUS georadius(key: key, longitude: arg, latitude: arg, radius: arg, unit: arg) -> Vec<Bytes>;
    /// `GEORADIUS_RO`: GEORADIUS that a replica may answer.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// assert!(client.georadius_ro("g", 13, 38, 100, "km").await?.is_empty());
    /// # Ok(()) });
    /// ```
    GEORADIUS_RO georadius_ro(key: key, longitude: arg, latitude: arg, radius: arg, unit: arg) -> Vec<Bytes>;
    /// `GEORADIUSBYMEMBER`: places around a place; GEOSEARCH is newer.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.geoadd("g", [(13.361389, 38.115556, "Palermo")]).await?;
    /// assert_eq!(client.georadiusbymember("g", "Palermo", 1, "km").await?, ["Palermo"]);
    /// # Ok(()) });
    /// ```
    GEORADIUSBYMEMBER georadiusbymember(key: key, member: arg, radius: arg, unit: arg) -> Vec<Bytes>;
    /// `GEORADIUSBYMEMBER_RO`: GEORADIUSBYMEMBER that a replica may answer.
    ///
    /// ```
    /// # tsubame_client_testing::with_server(async |client| {
    /// client.geoadd("g", [(13.361389, 38.115556, "Palermo")]).await?;
    /// assert_eq!(client.georadiusbymember_ro("g", "Palermo", 1, "km").await?.len(), 1);
    /// # Ok(()) });
    /// ```
    GEORADIUSBYMEMBER_RO georadiusbymember_ro(key: key, member: arg, radius: arg, unit: arg) -> Vec<Bytes>;
}
