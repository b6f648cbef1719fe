//! The object's key-value state.

use super::{Error, Services};
use crate::codec::{self, Payload};
use crate::object::Object;
use crate::store::MAX_ENTRY_BYTES;

impl<D: Object> Services<D> {
    /// The value under `key`, if there is one.
    ///
    /// # Errors
    /// [`Error::Codec`] if it is no `T`, [`Error::NoTurn`], [`Error::Storage`].
    pub fn get<T: Payload>(&self, key: &str) -> Result<Option<T>, Error> {
        let stored = self.shared.reading()?.get(key)?;
        Ok(stored.map(|bytes| codec::decode(&bytes)).transpose()?)
    }

    /// Stores a value under `key`, in the transaction of the running handler. The two together
    /// take at most 1,999,000 bytes.
    ///
    /// # Errors
    /// [`Error::Codec`] if it can't be stored, [`Error::EntryTooLarge`], [`Error::ReadOnly`],
    /// [`Error::NoTurn`], [`Error::Storage`].
    pub fn put<T: Payload>(&mut self, key: &str, value: &T) -> Result<(), Error> {
        let store = self.shared.writing_state()?;
        let value = codec::encode(value)?;
        let bytes = key.len() + value.len();
        if bytes > MAX_ENTRY_BYTES {
            return Err(Error::EntryTooLarge {
                bytes,
                limit: MAX_ENTRY_BYTES,
            });
        }
        Ok(store.put(key, &value)?)
    }

    /// Removes the value under `key` and says whether there was one.
    ///
    /// # Errors
    /// [`Error::ReadOnly`], [`Error::NoTurn`], [`Error::Storage`].
    pub fn delete(&mut self, key: &str) -> Result<bool, Error> {
        Ok(self.shared.writing_state()?.delete(key)?)
    }
}
